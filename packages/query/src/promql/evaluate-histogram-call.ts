import type { Annotations } from "./annotations.ts";
import type { Call, PositionRange } from "./ast.ts";
import {
  classicFraction,
  classicQuantile,
  type CumulativeBucket,
  type MonotonicityRepair,
} from "./classic-histogram.ts";
import { goFloatText } from "./go-number.ts";
import { goGeneralText } from "./go-float.ts";
import { type HistogramContext, nativeFraction, nativeQuantile } from "./histogram-functions.ts";
import type { Labels } from "./labels.ts";
import { quantileIsValid } from "./quantile.ts";
import { queryError } from "./query-error.ts";
import { type Grid, timeOf } from "./grid.ts";
import { type Series, SeriesMap } from "./series.ts";

const SAME_LABELS = "vector cannot contain metrics with the same labelset";
const BUCKET_LABEL: ReadonlySet<string> = new Set(["le"]);

/** The buckets of one classic histogram and the native histogram beside them, if there is one. */
interface HistogramGroup {
  readonly labels: Labels;
  readonly buckets: readonly { readonly upperBound: number; readonly series: Series }[];
  readonly native: Series | undefined;
}

interface HistogramCallSettings {
  /** Where the histograms stand in the query. */
  readonly position: PositionRange;
  readonly grid: Grid;
  readonly annotations: Annotations;
  /** Whether remarks name the metric: its name is still there. */
  readonly namesMetrics: boolean;
}

/** `histogram_quantile`, `histogram_fraction` and `histogram_quantiles` over series of either kind. */
export class HistogramCall {
  readonly #grid: Grid;
  readonly #annotations: Annotations;
  readonly #position: PositionRange;
  readonly #namesMetrics: boolean;
  readonly #groups: readonly HistogramGroup[];
  readonly #out: SeriesMap;

  constructor(series: readonly Series[], { position, grid, annotations, namesMetrics }: HistogramCallSettings) {
    this.#grid = grid;
    this.#annotations = annotations;
    this.#position = position;
    this.#namesMetrics = namesMetrics;
    this.#groups = this.#grouped(series);
    this.#out = new SeriesMap(grid.count);
  }

  get result(): readonly Series[] {
    return this.#out.nonEmpty;
  }

  quantile(qs: Float64Array, argument: PositionRange, label?: readonly [name: string, value: string]): void {
    for (const q of new Set(qs)) warnOfQuantile(q, argument, this.#annotations);
    this.#each(label, (step, buckets, native, context) => {
      const q = qs[step] ?? NaN;
      if (native !== undefined) return nativeQuantile(q, native, context);
      const { quantile, repair } = classicQuantile(q, buckets);
      if (repair !== undefined) this.#noteRepair(repair, context.metricName, timeOf(this.#grid, step));
      return quantile;
    });
  }

  fraction(lower: Float64Array, upper: Float64Array): void {
    this.#each(undefined, (step, buckets, native, context) => {
      const [from, to] = [lower[step] ?? NaN, upper[step] ?? NaN];
      return native === undefined ? classicFraction(from, to, buckets) : nativeFraction(from, to, native, context);
    });
  }

  #each(
    label: readonly [name: string, value: string] | undefined,
    compute: (
      step: number,
      buckets: readonly CumulativeBucket[],
      native: ReturnType<Series["histogramAt"]>,
      context: HistogramContext,
    ) => number,
  ): void {
    for (const { labels, buckets, native } of this.#groups) {
      const metricName = this.#nameOf(labels);
      const context = { annotations: this.#annotations, position: this.#position, metricName };
      const series = this.#out.get(label === undefined ? labels : labels.with(...label), true);
      for (let step = 0; step < this.#grid.count; step++) {
        const histogram = native?.histogramAt(step);
        const present = buckets
          .filter(({ series }) => series.present[step] === 1 && series.histogramAt(step) === undefined)
          .map(({ upperBound, series }) => ({ upperBound, count: series.values[step] ?? NaN }));
        if (histogram !== undefined && present.length > 0) this.#warnOfMix(metricName);
        else if (histogram !== undefined || present.length > 0) {
          if (series.present[step] === 1) throw queryError("execution", SAME_LABELS);
          series.setFloat(step, compute(step, present, histogram, context));
        }
      }
    }
  }

  #grouped(series: readonly Series[]): readonly HistogramGroup[] {
    const groups = new Map<
      string,
      { labels: Labels; buckets: { upperBound: number; series: Series }[]; native?: Series }
    >();
    const groupOf = (
      labels: Labels,
    ): { labels: Labels; buckets: { upperBound: number; series: Series }[]; native?: Series } => {
      let group = groups.get(labels.key);
      if (group === undefined) groups.set(labels.key, (group = { labels, buckets: [] }));
      return group;
    };
    for (const one of series) {
      if (one.hasHistograms) groupOf(one.labels).native = one;
      if (one.hasHistograms && !hasFloats(one)) continue;
      const text = one.labels.get("le");
      const upperBound = boundOf(text);
      if (Number.isNaN(upperBound)) this.#warnOfBound(text, this.#nameOf(one.labels));
      else groupOf(one.labels.without(BUCKET_LABEL)).buckets.push({ upperBound, series: one });
    }
    return [...groups.values()].map(({ labels, buckets, native }) => ({ labels, buckets, native }));
  }

  #nameOf(labels: Labels): string {
    return this.#namesMetrics ? labels.metricName : "";
  }

  #warnOfBound(text: string, metricName: string): void {
    const problem = `bucket label "le" is missing or has a malformed value of ${JSON.stringify(text)}`;
    this.#annotations.warn(`${problem}${forMetric(metricName)}`, this.#position);
  }

  #warnOfMix(metricName: string): void {
    this.#annotations.warn(
      `vector contains a mix of classic and native histograms${forMetric(metricName)}`,
      this.#position,
    );
  }

  #noteRepair(
    { smallestBound, largestBound, largestDifference }: MonotonicityRepair,
    metricName: string,
    timeMs: number,
  ): void {
    const where = `from buckets ${goGeneralText(smallestBound)} to ${goGeneralText(largestBound)}`;
    const size = `with a max diff of ${goGeneralText(Number(largestDifference.toPrecision(4)))} at ${goFloatText(timeMs / 1000)}`;
    const link = "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";
    const problem = `input to histogram_quantile needed to be fixed for monotonicity (see ${link})`;
    this.#annotations.info(`${problem}${forMetric(metricName)}, ${where}, ${size}`, this.#position);
  }
}

export function warnOfQuantile(q: number, position: PositionRange, annotations: Annotations): void {
  if (!quantileIsValid(q)) {
    annotations.warn(`quantile value should be between 0 and 1, got ${goGeneralText(q)}`, position);
  }
}

/** The names of the functions that this file evaluates. */
export function isHistogramCall({ func }: Call): boolean {
  return func === "histogram_quantile" || func === "histogram_fraction" || func === "histogram_quantiles";
}

function hasFloats(series: Series): boolean {
  return series.present.some((present, step) => present === 1 && series.histogramAt(step) === undefined);
}

function boundOf(text: string): number {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return text.trim() === "" ? NaN : Number(text);
}

function forMetric(metricName: string): string {
  return metricName === "" ? "" : ` for metric name ${JSON.stringify(metricName)}`;
}
