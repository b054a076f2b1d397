import type { Clock } from "@clew/base";
import {
  type MetricsQuerier,
  PromqlEngine,
  type PromqlFeatures,
  type QueryResult,
  type QueryValue,
  withinTime,
} from "@clew/query";
import { queryDataPieces } from "../prometheus/query-data.ts";
import type { AskedQuery, QueryAnswer, QueryRunner } from "./query-runner.ts";

interface LocalQueriesSettings {
  readonly querier: MetricsQuerier;
  readonly clock: Clock;
  /** What queries may have beside what is stable. */
  readonly features: PromqlFeatures;
}

/** Works queries out in the thread that asks. */
export class LocalQueries implements QueryRunner {
  readonly #engine: PromqlEngine;
  readonly #clock: Clock;

  constructor({ querier, clock, features }: LocalQueriesSettings) {
    this.#engine = new PromqlEngine({ querier, clock, features });
    this.#clock = clock;
  }

  /** `isCanceled`: as `QuerySettings` has it. */
  async run(asked: AskedQuery, signal: AbortSignal, isCanceled?: () => boolean): Promise<QueryAnswer> {
    const { query, times, deadlineMs, lookbackMs, hasStatistics, hasStepStatistics, limit } = asked;
    const more = {
      hasStatistics,
      hasStepStatistics,
      ...(lookbackMs === undefined ? {} : { lookbackMs }),
      ...(isCanceled === undefined ? {} : { isCanceled }),
    };
    const { value, warnings, infos, statistics } = await withinTime(
      this.#clock,
      deadlineMs - this.#clock.nowMs(),
      signal,
      (time): Promise<QueryResult> =>
        "timeMs" in times
          ? this.#engine.instant(query, times.timeMs, { ...more, ...time })
          : this.#engine.range(query, times, { ...more, ...time }),
    );
    const cut = cutAt(value, limit);
    return { pieces: queryDataPieces(cut ?? value, statistics), warnings, infos, isCut: cut !== undefined };
  }
}

/** Undefined where nothing has to be left out. */
function cutAt(value: QueryValue, limit: number): QueryValue | undefined {
  if (value.type === "vector" && value.points.length > limit) return { ...value, points: value.points.slice(0, limit) };
  if (value.type === "matrix" && value.series.length > limit) return { ...value, series: value.series.slice(0, limit) };
  return undefined;
}
