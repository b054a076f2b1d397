import type { Clock } from "@clew/base";
import { Labels, type MetricsQuerier, PromqlEngine, type Selection, type VectorPoint } from "@clew/query";
import { RuleError } from "./rule.ts";

/** As long as any query may take. */
const QUERY_TIMEOUT_MS = 120_000;

/** Answers the expressions of rules, and the queries of their templates. */
export class RuleQueries {
  readonly #engine: PromqlEngine;
  readonly #clock: Clock;

  constructor(querier: MetricsQuerier, clock: Clock, subqueryStepMs: number | undefined) {
    this.#engine = new PromqlEngine({ querier, clock, subqueryStepMs });
    this.#clock = clock;
  }

  /** A scalar is a point without labels. Rejects with a `QueryError` or `RuleError`. */
  async at(expression: string, timeMs: number, stop: AbortSignal): Promise<readonly VectorPoint[]> {
    const timeout = new AbortController();
    const cancel = this.#clock.after(QUERY_TIMEOUT_MS, () =>
      timeout.abort(new DOMException("timed out", "TimeoutError")),
    );
    try {
      const signal = AbortSignal.any([stop, timeout.signal]);
      const deadlineMs = this.#clock.nowMs() + QUERY_TIMEOUT_MS;
      const { value } = await this.#engine.instant(expression, timeMs, { signal, deadlineMs });
      if (value.type === "vector") return value.points;
      if (value.type === "scalar") return [{ labels: Labels.empty, value: value.value }];
      throw new RuleError("rule result is not a vector or scalar");
    } finally {
      cancel();
    }
  }

  /** What an expression looks at. */
  selections(expression: string, timeMs: number): readonly Selection[] {
    return this.#engine.selections(expression, timeMs);
  }
}
