import type { Clock } from "@clew/base";
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  Labels,
  PromqlEngine,
  type PromqlEngineSettings,
  type Selection,
  type VectorPoint,
  withinTime,
} from "@clew/query";
import { RuleError } from "./rule.ts";

/** Answers the expressions of rules, and the queries of their templates. */
export class RuleQueries {
  readonly #engine: PromqlEngine;
  readonly #clock: Clock;

  constructor(settings: PromqlEngineSettings) {
    this.#engine = new PromqlEngine(settings);
    this.#clock = settings.clock;
  }

  /** A scalar is a point without labels. Rejects with a `QueryError` or `RuleError`. */
  async at(expression: string, timeMs: number, stop: AbortSignal): Promise<readonly VectorPoint[]> {
    const { value } = await withinTime(this.#clock, DEFAULT_QUERY_TIMEOUT_MS, stop, (time) =>
      this.#engine.instant(expression, timeMs, time),
    );
    if (value.type === "vector") return value.points;
    if (value.type === "scalar") return [{ labels: Labels.empty, value: value.value }];
    throw new RuleError("rule result is not a vector or scalar");
  }

  /** What an expression looks at. */
  selections(expression: string, timeMs: number): readonly Selection[] {
    return this.#engine.selections(expression, timeMs);
  }
}
