import type { Clock } from "@clew/base";
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  formatQuery,
  MAX_POINTS_PER_SERIES,
  PromqlEngine,
  queryTree,
  type QueryResult,
  type QuerySettings,
  type QueryValue,
  withinTime,
} from "@clew/query";
import type { Context } from "hono";
import { asParameter, badData, invalidParameter } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import { queryDataPieces } from "./query-data.ts";
import type { Parameters } from "./parameters.ts";
import type { PrometheusApiSettings } from "./prometheus-api.ts";

/** `query`, `query_range`, `format_query` and `parse_query`. */
export class QueryEndpoints {
  readonly #engine: PromqlEngine;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor({ querier, clock, queryTimeoutMs = DEFAULT_QUERY_TIMEOUT_MS }: PrometheusApiSettings) {
    this.#engine = new PromqlEngine({ querier, clock });
    this.#clock = clock;
    this.#timeoutMs = queryTimeoutMs;
  }

  async instant(parameters: Parameters, context: Context): Promise<Answer> {
    const limit = parameters.limit();
    const timeMs = parameters.timeMs("time", Math.floor(this.#clock.nowMs()));
    const result = await this.#run(parameters, context, (settings) =>
      this.#engine.instant(parameters.text("query"), timeMs, settings),
    );
    return answerOf(result, limit, parameters);
  }

  async range(parameters: Parameters, context: Context): Promise<Answer> {
    const limit = parameters.limit();
    const startMs = parameters.requiredTimeMs("start");
    const endMs = parameters.requiredTimeMs("end");
    if (endMs < startMs) throw invalidParameter("end", "end timestamp must not be before start time");
    const stepMs = parameters.requiredDurationMs("step");
    if (stepMs <= 0) {
      const remedy = "Try a positive integer";
      throw invalidParameter("step", `zero or negative query resolution step widths are not accepted. ${remedy}`);
    }
    if ((endMs - startMs) / stepMs > MAX_POINTS_PER_SERIES) {
      const remedy = "Try decreasing the query resolution (?step=XX)";
      throw badData(`exceeded maximum resolution of 11,000 points per timeseries. ${remedy}`);
    }
    const times = { startMs, endMs, stepMs: Math.max(1, Math.trunc(stepMs)) };
    const result = await this.#run(parameters, context, (settings) =>
      this.#engine.range(parameters.text("query"), times, settings),
    );
    return answerOf(result, limit, parameters);
  }

  async format(parameters: Parameters): Promise<Answer> {
    return dataOf(await asParameter("query", () => formatQuery(parameters.text("query"))));
  }

  async parse(parameters: Parameters): Promise<Answer> {
    return dataOf(await asParameter("query", () => queryTree(parameters.text("query"))));
  }

  /** Runs a query until it is done, its time is up, or its client has gone. */
  async #run(
    parameters: Parameters,
    context: Context,
    evaluate: (settings: QuerySettings) => Promise<QueryResult>,
  ): Promise<QueryResult> {
    const timeoutMs = Math.min(parameters.durationMs("timeout") ?? Infinity, this.#timeoutMs);
    const lookbackMs = parameters.durationMs("lookback_delta");
    const asked = {
      hasStatistics: parameters.text("stats") !== "",
      ...(lookbackMs === undefined || lookbackMs <= 0 ? {} : { lookbackMs }),
    };
    return withinTime(this.#clock, timeoutMs, context.req.raw.signal, (time) =>
      asParameter("query", () => evaluate({ ...asked, ...time })),
    );
  }
}

function answerOf({ value, warnings, infos, statistics }: QueryResult, limit: number, parameters: Parameters): Answer {
  const cut = cutAt(value, limit);
  const remarks = [...(cut === undefined ? [] : [TRUNCATED]), ...statisticsRemarks(parameters.text("stats"))];
  return { data: queryDataPieces(cut ?? value, statistics), warnings: [...warnings, ...remarks], infos };
}

/** Undefined where nothing has to be left out. */
function cutAt(value: QueryValue, limit: number): QueryValue | undefined {
  if (value.type === "vector" && value.points.length > limit) return { ...value, points: value.points.slice(0, limit) };
  if (value.type === "matrix" && value.series.length > limit) return { ...value, series: value.series.slice(0, limit) };
  return undefined;
}

function statisticsRemarks(text: string): readonly string[] {
  if (["", "true", "all"].includes(text)) return [];
  const fate = "is deprecated and will be rejected in the next major release";
  return [`value ${JSON.stringify(text)} for parameter "stats" ${fate}, use "true" or "all"`];
}

/** The warning of an answer that was cut short. */
export const TRUNCATED = "results truncated due to limit";
