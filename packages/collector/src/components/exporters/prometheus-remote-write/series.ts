/** The series of one batch, each with its samples, as both versions of remote write send them. */
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import type { SpannedBuckets } from "../../../prometheus/native-histogram.ts";

/** Metric types, numbered as both versions number them. */
export const METRIC_TYPE = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  summary: 5,
  info: 6,
  stateset: 7,
} as const;

/** What is told of a metric beside its series. */
export interface Metadata {
  readonly name: string;
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

export interface Sample {
  readonly timestampMs: number;
  /** When counting began, 0 where that is not known. */
  readonly startMs: number;
  /** Undefined says that the series ends here: it is stale. */
  readonly value: number | undefined;
}

export interface HistogramSample {
  readonly timestampMs: number;
  readonly startMs: number;
  /** Undefined says that the series ends here: it is stale. */
  readonly value: { readonly count: bigint; readonly sum: number } | undefined;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: SpannedBuckets;
  readonly negative: SpannedBuckets;
  /** Bounds of buckets that follow no rule, with the schema -53. */
  readonly customValues: readonly number[];
}

/** Names and values of labels by turns, sorted by name. */
export type FlatLabels = readonly string[];

export interface Series {
  readonly labels: FlatLabels;
  readonly metadata: Metadata;
  readonly samples: Sample[];
  readonly histograms: HistogramSample[];
  readonly exemplars: PrometheusExemplar[];
}

/** The labels of a data point, without the name and what its series differ in. */
export interface BaseLabels {
  readonly labels: FlatLabels;
  /** The same as text. */
  readonly key: string;
}

export function baseLabels(labels: FlatLabels): BaseLabels {
  return { labels, key: labels.join("\0") };
}

export class SeriesBatch {
  // name, own label and base labels as text --> series
  readonly #series = new Map<string, Series>();
  // name --> what is told of the metric
  readonly metadata: Map<string, Metadata> = new Map();

  get size(): number {
    return this.#series.size;
  }

  [Symbol.iterator](): IterableIterator<Series> {
    return this.#series.values();
  }

  /** The series of a metric with this suffix and these labels, a new one where there is none. */
  at(metadata: Metadata, suffix: string, base: BaseLabels, own?: OwnLabel): Series {
    const name = metadata.name + suffix;
    const key = own === undefined ? `${name}\0\0${base.key}` : `${name}\0${own.value}\0${base.key}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = own === undefined ? base.labels : withLabel(base.labels, own.name, own.value);
      series = { labels: withLabel(labels, "__name__", name), metadata, samples: [], histograms: [], exemplars: [] };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** The label in which the series of one data point differ. */
export interface OwnLabel {
  readonly name: "le" | "quantile";
  readonly value: string;
}

/** The labels with one more, which replaces one of the same name. */
function withLabel(labels: FlatLabels, name: string, value: string): FlatLabels {
  let at = 0;
  while (at < labels.length && labels[at]! < name) at += 2;
  const result = labels.slice();
  result.splice(at, labels[at] === name ? 2 : 0, name, value);
  return result;
}
