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

export class SeriesBatch {
  // labels as text --> series
  readonly #series = new Map<string, Series>();
  // name --> what is told of the metric
  readonly metadata: Map<string, Metadata> = new Map();

  get size(): number {
    return this.#series.size;
  }

  [Symbol.iterator](): IterableIterator<Series> {
    return this.#series.values();
  }

  /** The series with these labels, a new one where there is none. */
  at(labels: FlatLabels, metadata: Metadata): Series {
    const key = labels.join("\0");
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, metadata, samples: [], histograms: [], exemplars: [] };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** The labels with one more, which replaces one of the same name. */
export function withLabel(labels: FlatLabels, name: string, value: string): FlatLabels {
  let at = 0;
  while (at < labels.length && labels[at]! < name) at += 2;
  return [...labels.slice(0, at), name, value, ...labels.slice(labels[at] === name ? at + 2 : at)];
}
