/** Adds the points of one metric to the batch, each as the series that Prometheus makes of its type. */
import type {
  ExemplarObject,
  ExponentialHistogramDataPointObject,
  HistogramDataPointObject,
  KeyValueObject,
  MetricObject,
  NumberDataPointObject,
  SummaryDataPointObject,
} from "@clew/otlp";
import { prometheusExemplar, type PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import type { Naming } from "../../../prometheus/naming.ts";
import {
  MIN_SCHEMA,
  nativeHistogram,
  shownZeroThreshold,
  spanned,
  type SpannedBuckets,
} from "../../../prometheus/native-histogram.ts";
import { NO_RECORDED_VALUE } from "../../../prometheus/point-flags.ts";
import type { PrometheusRemoteWriteConfig } from "./config.ts";
import { decimalText } from "./decimal-text.ts";
import {
  withLabel,
  type FlatLabels,
  type HistogramSample,
  type Metadata,
  type Series,
  type SeriesBatch,
} from "./series.ts";

const CUSTOM_BUCKETS_SCHEMA = -53;
const NO_BUCKETS: SpannedBuckets = { spans: [], deltas: [] };

interface PointWriterSettings {
  readonly batch: SeriesBatch;
  readonly metadata: Metadata;
  readonly naming: Naming;
  readonly config: PrometheusRemoteWriteConfig;
  /** Counts a point that is left out. */
  readonly skip: (reason: string) => void;
}

interface DataPoint {
  readonly timeUnixNano: bigint;
  readonly startTimeUnixNano: bigint;
  readonly flags: number;
}

type LabelsOf = (attributes: readonly KeyValueObject[]) => FlatLabels;

export class PointWriter {
  readonly #own: PointWriterSettings;

  constructor(own: PointWriterSettings) {
    this.#own = own;
  }

  add({ gauge, sum, histogram, exponentialHistogram, summary }: MetricObject, labelsOf: LabelsOf): void {
    const isCounter = sum?.isMonotonic === true;
    for (const point of (gauge ?? sum)?.dataPoints ?? []) this.#number(point, labelsOf(point.attributes), isCounter);
    for (const point of histogram?.dataPoints ?? []) this.#histogram(point, labelsOf(point.attributes));
    for (const point of exponentialHistogram?.dataPoints ?? []) this.#exponential(point, labelsOf(point.attributes));
    for (const point of summary?.dataPoints ?? []) this.#summary(point, labelsOf(point.attributes));
  }

  #number(point: NumberDataPointObject, labels: FlatLabels, isCounter: boolean): void {
    const value = point.asInt === undefined ? (point.asDouble ?? 0) : Number(point.asInt);
    const series = this.#sample("", labels, point, value, isCounter ? point.startTimeUnixNano : 0n);
    if (isCounter) series.exemplars.push(...this.#exemplars(point));
  }

  #histogram(point: HistogramDataPointObject, labels: FlatLabels): void {
    const { convert_explicit_histograms_to_nhcb: isConverted, keep_classic_histograms: isKept } = this.#own.config;
    if (isConverted) this.#customBuckets(point, labels);
    if (!isConverted || isKept) this.#classic(point, labels);
  }

  #classic(point: HistogramDataPointObject, labels: FlatLabels): void {
    if (point.sum !== undefined) this.#sample("_sum", labels, point, point.sum);
    this.#sample("_count", labels, point, Number(point.count));
    const exemplars = this.#exemplars(point);
    let [cumulative, lower] = [0n, -Infinity];
    const bucket = (bound: number, count: bigint): void => {
      const le = bound === Infinity ? "+Inf" : decimalText(bound);
      const series = this.#sample("_bucket", withLabel(labels, "le", le), point, Number(count));
      for (const one of exemplars) if (one.value > lower && one.value <= bound) series.exemplars.push(one);
      lower = bound;
    };
    const length = Math.min(point.explicitBounds.length, point.bucketCounts.length);
    for (let i = 0; i < length; i++) {
      cumulative += point.bucketCounts[i]!;
      if (point.explicitBounds[i] !== Infinity) bucket(point.explicitBounds[i]!, cumulative);
    }
    bucket(Infinity, point.count);
  }

  /** What the buckets do not account for lies in the infinite one. */
  #customBuckets(point: HistogramDataPointObject, labels: FlatLabels): void {
    const bounds = point.explicitBounds.filter((bound) => bound !== Infinity);
    const counts = bounds.map((_bound, i) => Number(point.bucketCounts[i] ?? 0n));
    const finite = counts.reduce((sum, count) => sum + count, 0);
    const count = Math.max(Number(point.count), finite);
    const histogram = {
      schema: CUSTOM_BUCKETS_SCHEMA,
      zeroThreshold: 0,
      zeroCount: 0,
      positive: spanned({ first: 0, counts: [...counts, count - finite] }),
      negative: NO_BUCKETS,
      customValues: bounds,
    };
    this.#native({ ...point, count: BigInt(count) }, labels, histogram);
  }

  #exponential(point: ExponentialHistogramDataPointObject, labels: FlatLabels): void {
    if (point.scale < MIN_SCHEMA) return this.#own.skip("scale_too_low");
    // A native histogram has a sum, and 0 would be taken for one.
    if (point.sum === undefined && !isStale(point)) return this.#own.skip("sum_missing");
    const histogram = nativeHistogram(point);
    this.#native(point, labels, {
      schema: histogram.schema,
      zeroThreshold: shownZeroThreshold(histogram),
      zeroCount: histogram.zeroCount,
      positive: spanned(histogram.positive),
      negative: spanned(histogram.negative),
      customValues: [],
    });
  }

  #native(
    point: HistogramDataPointObject | ExponentialHistogramDataPointObject,
    labels: FlatLabels,
    buckets: Omit<HistogramSample, "timestampMs" | "startMs" | "value">,
  ): void {
    const series = this.#series("", labels);
    const value = isStale(point) ? undefined : { count: point.count, sum: point.sum ?? 0 };
    series.histograms.push({
      ...buckets,
      timestampMs: msOf(point.timeUnixNano),
      startMs: msOf(point.startTimeUnixNano),
      value,
    });
    series.exemplars.push(...this.#exemplars(point));
  }

  #summary(point: SummaryDataPointObject, labels: FlatLabels): void {
    this.#sample("_sum", labels, point, point.sum);
    this.#sample("_count", labels, point, Number(point.count));
    for (const { quantile, value } of point.quantileValues) {
      this.#sample("", withLabel(labels, "quantile", decimalText(quantile)), point, value);
    }
  }

  #sample(
    suffix: string,
    labels: FlatLabels,
    point: DataPoint,
    value: number,
    startTimeUnixNano: bigint = point.startTimeUnixNano,
  ): Series {
    const series = this.#series(suffix, labels);
    series.samples.push({
      timestampMs: msOf(point.timeUnixNano),
      startMs: msOf(startTimeUnixNano),
      value: isStale(point) ? undefined : value,
    });
    return series;
  }

  #series(suffix: string, labels: FlatLabels): Series {
    const { batch, metadata } = this.#own;
    return batch.at(withLabel(labels, "__name__", metadata.name + suffix), metadata);
  }

  #exemplars({ exemplars }: { readonly exemplars: readonly ExemplarObject[] }): PrometheusExemplar[] {
    return exemplars.map((exemplar) => prometheusExemplar(exemplar, this.#own.naming));
  }
}

function isStale({ flags }: DataPoint): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}

function msOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n);
}
