import type { Clock } from "@clew/base";
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  formatQuery,
  MAX_POINTS_PER_SERIES,
  type PromqlFeatures,
  queryTree,
  STABLE_FEATURES,
} from "@clew/query";
import type { Context } from "hono";
import { LocalQueries } from "../query-thread/local-queries.ts";
import type { AskedQuery, QueryRunner } from "../query-thread/query-runner.ts";
import { asParameter, badData, invalidParameter } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import type { Parameters } from "./parameters.ts";
import type { PrometheusApiSettings } from "./prometheus-api.ts";

/** `query`, `query_range`, `format_query` and `parse_query`. */
export class QueryEndpoints {
  readonly #queries: QueryRunner;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #features: PromqlFeatures;

  constructor(settings: PrometheusApiSettings) {
    const { querier, queries, clock, queryTimeoutMs = DEFAULT_QUERY_TIMEOUT_MS } = settings;
    const { promql: features = STABLE_FEATURES } = settings;
    this.#features = features;
    this.#queries = queries ?? new LocalQueries({ querier, clock, features });
    this.#clock = clock;
    this.#timeoutMs = queryTimeoutMs;
  }

  async instant(parameters: Parameters, context: Context): Promise<Answer> {
    const limit = parameters.limit();
    const timeMs = parameters.timeMs("time", Math.floor(this.#clock.nowMs()));
    return this.#run(parameters, { timeMs }, limit, context);
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
    return this.#run(parameters, times, limit, context);
  }

  async format(parameters: Parameters): Promise<Answer> {
    return dataOf(await asParameter("query", () => formatQuery(parameters.text("query"), this.#features)));
  }

  async parse(parameters: Parameters): Promise<Answer> {
    return dataOf(await asParameter("query", () => queryTree(parameters.text("query"), this.#features)));
  }

  /** Runs a query until it is done, its time is up, or its client has gone. */
  async #run(parameters: Parameters, times: AskedQuery["times"], limit: number, context: Context): Promise<Answer> {
    const timeoutMs = Math.min(parameters.durationMs("timeout") ?? Infinity, this.#timeoutMs);
    const lookbackMs = parameters.durationMs("lookback_delta");
    const statistics = parameters.text("stats");
    const asked: AskedQuery = {
      query: parameters.text("query"),
      times,
      deadlineMs: this.#clock.nowMs() + timeoutMs,
      lookbackMs: lookbackMs === undefined || lookbackMs <= 0 ? undefined : lookbackMs,
      hasStatistics: statistics !== "",
      hasStepStatistics: statistics === "all",
      limit,
    };
    const answer = await asParameter("query", () => this.#queries.run(asked, context.req.raw.signal));
    const remarks = [...(answer.isCut ? [TRUNCATED] : []), ...statisticsRemarks(statistics)];
    return { data: answer.pieces, warnings: [...answer.warnings, ...remarks], infos: answer.infos };
  }
}

function statisticsRemarks(text: string): readonly string[] {
  if (["", "true", "all"].includes(text)) return [];
  const fate = "is deprecated and will be rejected in the next major release";
  return [`value ${JSON.stringify(text)} for parameter "stats" ${fate}, use "true" or "all"`];
}

/** The warning of an answer that was cut short. */
export const TRUNCATED = "results truncated due to limit";
