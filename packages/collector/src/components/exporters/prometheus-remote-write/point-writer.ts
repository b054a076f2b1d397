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
import { prometheusExemplar } from "../../../prometheus/exemplar.ts";
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
  type BaseLabels,
  type HistogramSample,
  type Metadata,
  type OwnLabel,
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

/** What all series of a data point share. */
interface Origin {
  readonly labels: BaseLabels;
  readonly timestampMs: number;
  readonly startMs: number;
  readonly isStale: boolean;
}

type LabelsOf = (attributes: readonly KeyValueObject[]) => BaseLabels;

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

  #number(point: NumberDataPointObject, labels: BaseLabels, isCounter: boolean): void {
    const value = point.asInt === undefined ? (point.asDouble ?? 0) : Number(point.asInt);
    const series = this.#sample("", originOf(point, labels, isCounter), value);
    if (isCounter) this.#addExemplars(series, point.exemplars);
  }

  #histogram(point: HistogramDataPointObject, labels: BaseLabels): void {
    const { convert_explicit_histograms_to_nhcb: isConverted, keep_classic_histograms: isKept } = this.#own.config;
    const origin = originOf(point, labels);
    if (isConverted) this.#customBuckets(point, origin);
    if (!isConverted || isKept) this.#classic(point, origin);
  }

  #classic(point: HistogramDataPointObject, origin: Origin): void {
    if (point.sum !== undefined) this.#sample("_sum", origin, point.sum);
    this.#sample("_count", origin, Number(point.count));
    const exemplars = point.exemplars.map((one) => prometheusExemplar(one, this.#own.naming));
    let [cumulative, lower] = [0, -Infinity];
    const bucket = (bound: number, count: number): void => {
      const le = bound === Infinity ? "+Inf" : decimalText(bound);
      const series = this.#sample("_bucket", origin, count, { name: "le", value: le });
      for (const one of exemplars) if (one.value > lower && one.value <= bound) series.addExemplar(one);
      lower = bound;
    };
    const length = Math.min(point.explicitBounds.length, point.bucketCounts.length);
    for (let i = 0; i < length; i++) {
      cumulative += Number(point.bucketCounts[i]);
      if (point.explicitBounds[i] !== Infinity) bucket(point.explicitBounds[i]!, cumulative);
    }
    bucket(Infinity, Number(point.count));
  }

  /** What the buckets do not account for lies in the infinite one. */
  #customBuckets(point: HistogramDataPointObject, origin: Origin): void {
    const bounds = point.explicitBounds.filter((bound) => bound !== Infinity);
    const counts = bounds.map((_bound, i) => Number(point.bucketCounts[i] ?? 0n));
    const finite = counts.reduce((sum, count) => sum + count, 0);
    const count = Math.max(Number(point.count), finite);
    this.#native({ ...point, count: BigInt(count) }, origin, {
      schema: CUSTOM_BUCKETS_SCHEMA,
      zeroThreshold: 0,
      zeroCount: 0,
      positive: spanned({ first: 0, counts: [...counts, count - finite] }),
      negative: NO_BUCKETS,
      customValues: bounds,
    });
  }

  #exponential(point: ExponentialHistogramDataPointObject, labels: BaseLabels): void {
    const origin = originOf(point, labels);
    if (point.scale < MIN_SCHEMA) return this.#own.skip("scale_too_low");
    // A native histogram has a sum, and 0 would be taken for one.
    if (point.sum === undefined && !origin.isStale) return this.#own.skip("sum_missing");
    const histogram = nativeHistogram(point);
    this.#native(point, origin, {
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
    { labels, timestampMs, startMs, isStale }: Origin,
    buckets: Omit<HistogramSample, "timestampMs" | "startMs" | "value">,
  ): void {
    const series = this.#own.batch.at(this.#own.metadata, "", labels);
    const value = isStale ? undefined : { count: point.count, sum: point.sum ?? 0 };
    series.addHistogram({ ...buckets, timestampMs, startMs, value });
    this.#addExemplars(series, point.exemplars);
  }

  #summary(point: SummaryDataPointObject, labels: BaseLabels): void {
    const origin = originOf(point, labels);
    this.#sample("_sum", origin, point.sum);
    this.#sample("_count", origin, Number(point.count));
    for (const { quantile, value } of point.quantileValues) {
      this.#sample("", origin, value, { name: "quantile", value: decimalText(quantile) });
    }
  }

  #sample(suffix: string, origin: Origin, value: number, own?: OwnLabel): Series {
    const { labels, timestampMs, startMs, isStale } = origin;
    const series = this.#own.batch.at(this.#own.metadata, suffix, labels, own);
    series.samples.push({ timestampMs, startMs, value: isStale ? undefined : value });
    return series;
  }

  #addExemplars(series: Series, exemplars: readonly ExemplarObject[]): void {
    for (const exemplar of exemplars) series.addExemplar(prometheusExemplar(exemplar, this.#own.naming));
  }
}

/** Only what counts has a start. */
function originOf({ timeUnixNano, startTimeUnixNano, flags }: DataPoint, labels: BaseLabels, counts = true): Origin {
  return {
    labels,
    timestampMs: Number(timeUnixNano / 1_000_000n),
    startMs: counts ? Number(startTimeUnixNano / 1_000_000n) : 0,
    isStale: (flags & NO_RECORDED_VALUE) !== 0,
  };
}
