import type { Clock } from "@clew/base";
import { Annotations } from "./annotations.ts";
import { type Expr, unwrapped } from "./ast.ts";
import { Evaluation } from "./evaluate.ts";
import { type FetchPlan, planFetches } from "./fetch-plan.ts";
import { type Grid, gridOf, timeOf } from "./grid.ts";
import { compareLabels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { parse } from "./parse.ts";
import type { PromqlFeatures } from "./promql-features.ts";
import type { MetricsQuerier, SelectRequest, SeriesSamples } from "./querier.ts";
import { queryError } from "./query-error.ts";
import type { MatrixSeries, MatrixValue, QueryResult, QueryValue, VectorPoint } from "./query-result.ts";
import { statisticsSelectors, withResetHints } from "./reset-hints.ts";
import { METADATA_LABELS, Series } from "./series.ts";
import { SampleCounter } from "./query-statistics.ts";
import type { QueryTimes } from "./timing.ts";
import { typeOf } from "./validate.ts";
import { withoutNames } from "./without-names.ts";

/** How far back an instant selector looks, unless the query says otherwise. */
export const DEFAULT_LOOKBACK_MS = 300_000;
/** A query ends once it has taken this many samples from the store, or made this many points. */
export const MAX_QUERY_SAMPLES = 50_000_000;
/** How many points a series of a range query may have. */
export const MAX_POINTS_PER_SERIES = 11_000;
/** The step of a subquery that has none. */
const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export interface PromqlEngineSettings {
  readonly querier: MetricsQuerier;
  readonly clock: Clock;
  readonly features: PromqlFeatures;
  readonly maxSamples?: number;
  /** The step of subqueries that name none; a minute where it is absent. */
  readonly subqueryStepMs?: number | undefined;
}

export interface QuerySettings {
  /** Aborting it ends the query with `QUERY_CANCELED`. */
  readonly signal: AbortSignal;
  /** Asked now and then while values are worked out, when nothing can abort the signal: true ends the query in the same way. */
  readonly isCanceled?: () => boolean;
  /** When the query has to be done, by the engine's clock. Later it ends with `QUERY_TIMEOUT`. */
  readonly deadlineMs?: number;
  readonly lookbackMs?: number;
  /** Whether the result tells what the query cost. */
  readonly hasStatistics?: boolean;
  /** Whether it tells so of each step, where that is switched on. */
  readonly hasStepStatistics?: boolean;
}

/** When a range query is evaluated: from `startMs` to `endMs`, both included, in milliseconds since the epoch. */
export interface RangeTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** What one selector of a query looks at: samples with `startMs < time <= endMs`. */
export type Selection = Pick<SelectRequest, "matchers" | "startMs" | "endMs">;

/** Answers PromQL queries from a store. Holds nothing between queries. */
export class PromqlEngine {
  readonly #querier: MetricsQuerier;
  readonly #clock: Clock;
  readonly #features: PromqlFeatures;
  readonly #maxSamples: number;

  readonly #subqueryStepMs: number;

  constructor({ querier, clock, features, maxSamples = MAX_QUERY_SAMPLES, subqueryStepMs }: PromqlEngineSettings) {
    this.#querier = querier;
    this.#clock = clock;
    this.#features = features;
    this.#maxSamples = maxSamples;
    this.#subqueryStepMs = subqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS;
  }

  /**
   * The value of a query at one time: a scalar, a string, a vector, or a matrix where the query is a range selector.
   * Rejects with a `QueryError`.
   */
  async instant(query: string, timeMs: number, settings: QuerySettings): Promise<QueryResult> {
    return this.#run(query, gridOf(timeMs, timeMs, 0), settings, (expr, evaluation, grid) => {
      switch (typeOf(expr)) {
        case "string": {
          const literal = unwrapped(expr);
          return { type: "string", timeMs, value: literal.kind === "string" ? literal.value : "" };
        }
        case "scalar":
          return { type: "scalar", timeMs, value: evaluation.scalar(expr)[0] ?? NaN };
        case "matrix":
          return rangesAsMatrix(expr, evaluation, timeMs);
        default:
          return { type: "vector", timeMs, points: pointsOf(withoutNames(evaluation.vector(expr), grid.count)) };
      }
    });
  }

  /** The series of a query from `startMs` to `endMs`, both included. Rejects with a `QueryError`. */
  async range(query: string, { startMs, endMs, stepMs }: RangeTimes, settings: QuerySettings): Promise<QueryResult> {
    return this.#run(query, gridOf(startMs, endMs, stepMs), { ...settings, endMs }, (expr, evaluation, grid) => {
      if (typeOf(expr) === "scalar") {
        const values = evaluation.scalar(expr);
        const column = Series.fromColumn(values);
        return { type: "matrix", series: [matrixSeries(column, grid)] };
      }
      const series = withoutNames(evaluation.vector(expr), grid.count).map((one) => matrixSeries(one, grid));
      return { type: "matrix", series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
    });
  }

  /** The selectors of a query with the times that each looks at, where the query is asked at `timeMs`. Throws a `QueryError`. */
  selections(query: string, timeMs: number): readonly Selection[] {
    const grid = gridOf(timeMs, timeMs, 0);
    return [...this.#plan(parse(query, this.#features), grid, timesOf(grid, {}, this.#subqueryStepMs)).values()];
  }

  async #run(
    query: string,
    grid: Grid,
    settings: QuerySettings & { readonly endMs?: number },
    evaluate: (expr: Expr, evaluation: Evaluation, grid: Grid) => QueryValue,
  ): Promise<QueryResult> {
    const expr = parse(query, this.#features);
    if (settings.endMs !== undefined) checkRangeType(expr);
    const times = timesOf(grid, settings, this.#subqueryStepMs);
    const annotations = new Annotations(query);
    const plan = this.#plan(expr, grid, times);
    const counter = settings.hasStatistics === true ? new SampleCounter(grid) : undefined;
    const startedMs = this.#clock.nowMs();
    const fetched = await this.#fetch(plan, settings.signal);
    const fetchedMs = this.#clock.nowMs();
    let points = 0;
    const checkpoint = (added: number): void => {
      points += added;
      if (points > this.#maxSamples) throw tooManySamples();
      this.#checkTime(settings);
    };
    checkpoint([...fetched.values()].flat().reduce((sum, { values }) => sum + values.length, 0));
    const ofStatistics = statisticsSelectors(expr);
    const samplesOf = (selector: Expr): readonly SeriesSamples[] => {
      const samples = fetched.get(selector) ?? [];
      return ofStatistics.has(selector) ? samples.map(withResetHints) : samples;
    };
    const evaluation = { times, samplesOf, annotations, features: this.#features, checkpoint, counter };
    const value = evaluate(expr, new Evaluation(evaluation, grid), grid);
    const isPerStep = settings.hasStepStatistics === true && this.#features.perStepStatistics;
    const statistics = counter && {
      samples: counter.total,
      samplesPerStep: isPerStep ? counter.perStep : undefined,
      samplesRead: counter.totalRead,
      samplesReadPerStep: isPerStep ? counter.readPerStep : undefined,
      peakSamples: points,
      preparationMs: fetchedMs - startedMs,
      evaluationMs: this.#clock.nowMs() - fetchedMs,
    };
    return { value, warnings: annotations.warnings, infos: annotations.infos, statistics };
  }

  #plan(expr: Expr, grid: Grid, times: QueryTimes): FetchPlan {
    const looksAtStarts = this.#features.startTimestamps;
    return planFetches(expr, grid, times, { sampleLimit: this.#maxSamples, looksAtStarts });
  }

  async #fetch(plan: FetchPlan, signal: AbortSignal): Promise<ReadonlyMap<Expr, readonly SeriesSamples[]>> {
    try {
      const entries = [...plan].map(
        async ([selector, request]) => [selector, await this.#querier.select(request, signal)] as const,
      );
      return new Map(await Promise.all(entries));
    } catch (thrown) {
      if (signal.aborted) throw endedBy(signal);
      throw thrown;
    }
  }

  #checkTime({ signal, deadlineMs, isCanceled }: QuerySettings): void {
    if (signal.aborted) throw endedBy(signal);
    if (isCanceled?.() === true) throw canceled();
    if (deadlineMs !== undefined && this.#clock.nowMs() > deadlineMs) throw timedOut();
  }
}

/** Only scalars and instant vectors have a value at each step. */
function checkRangeType(expr: Expr): void {
  const type = typeOf(expr);
  if (type === "scalar" || type === "vector") return;
  const got = type === "matrix" ? "range vector" : type;
  const problem = `invalid expression type "${got}" for range query, must be Scalar or instant Vector`;
  throw queryError("bad_data", problem, { position: expr.position });
}

function timesOf(
  grid: Grid,
  { lookbackMs, endMs }: { readonly lookbackMs?: number; readonly endMs?: number },
  defaultStepMs: number,
): QueryTimes {
  return {
    startMs: grid.startMs,
    endMs: endMs ?? grid.startMs,
    stepMs: grid.stepMs,
    lookbackMs: lookbackMs ?? DEFAULT_LOOKBACK_MS,
    defaultStepMs,
  };
}

function pointsOf(series: readonly Series[]): readonly VectorPoint[] {
  return series.flatMap((one) => {
    const value = one.at(0);
    return value === undefined ? [] : [{ labels: one.labels, value }];
  });
}

function matrixSeries(series: Series, grid: Grid): MatrixSeries {
  const { labels, present, values: column, hasHistograms } = series;
  let count = 0;
  for (const one of present) count += one;
  const timestampsMs = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms: (NativeHistogram | undefined)[] | undefined = hasHistograms ? [] : undefined;
  let next = 0;
  for (let step = 0; step < present.length; step++) {
    if (present[step] !== 1) continue;
    timestampsMs[next] = timeOf(grid, step);
    values[next++] = column[step] ?? NaN;
    histograms?.push(series.histogramAt(step));
  }
  return { labels, timestampsMs, values, histograms };
}

/** A range selector as a whole query gives the samples themselves. */
function rangesAsMatrix(expr: Expr, evaluation: Evaluation, timeMs: number): MatrixValue {
  const { columns, reference, rangeMs } = evaluation.wholeRanges(expr);
  const endMs = (reference.fixedMs ?? timeMs) - reference.offsetMs;
  const series = columns.flatMap(({ labels, dropName, floatTimes, floats, histogramTimes, histograms }) => {
    const isInside = (t: number): boolean => t > endMs - rangeMs && t <= endMs;
    const timed = [
      ...Array.from(floatTimes, (t, i) => ({ t, value: floats[i] ?? NaN, histogram: undefined })),
      ...Array.from(histogramTimes, (t, i) => ({ t, value: NaN, histogram: histograms[i] })),
    ].filter(({ t }) => isInside(t));
    if (timed.length === 0) return [];
    if (histograms.length > 0) timed.sort((a, b) => a.t - b.t);
    return [
      {
        labels: dropName ? labels.without(METADATA_LABELS) : labels,
        timestampsMs: Float64Array.from(timed, ({ t }) => t),
        values: Float64Array.from(timed, ({ value }) => value),
        histograms: histograms.length > 0 ? timed.map(({ histogram }) => histogram) : undefined,
      },
    ];
  });
  return { type: "matrix", series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

function tooManySamples(): Error {
  return queryError("execution", "query processing would load too many samples into memory in query execution");
}

function timedOut(): Error {
  return queryError("timeout", "query timed out in expression evaluation");
}

function endedBy(signal: AbortSignal): Error {
  const isTimeout = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
  return isTimeout ? timedOut() : canceled();
}

function canceled(): Error {
  return queryError("canceled", "query was canceled in expression evaluation");
}
