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

/** The labels of a data point, without the name and what its series differ in. */
export interface BaseLabels {
  readonly labels: FlatLabels;
  /** The same as text. */
  readonly key: string;
}

export function baseLabels(labels: FlatLabels): BaseLabels {
  return { labels, key: labels.join("\0") };
}

/** The label in which the series of one data point differ. */
export interface OwnLabel {
  readonly name: "le" | "quantile";
  readonly value: string;
}

/** One of many: most have a single sample and nothing else. */
export class Series {
  readonly metadata: Metadata;
  readonly samples: Sample[] = [];
  readonly #name: string;
  readonly #base: FlatLabels;
  readonly #own: OwnLabel | undefined;
  #histograms: HistogramSample[] | undefined;
  #exemplars: PrometheusExemplar[] | undefined;

  constructor(metadata: Metadata, name: string, base: FlatLabels, own: OwnLabel | undefined) {
    this.metadata = metadata;
    this.#name = name;
    this.#base = base;
    this.#own = own;
  }

  get histograms(): readonly HistogramSample[] {
    return this.#histograms ?? [];
  }

  get exemplars(): readonly PrometheusExemplar[] {
    return this.#exemplars ?? [];
  }

  addHistogram(histogram: HistogramSample): void {
    (this.#histograms ??= []).push(histogram);
  }

  addExemplar(exemplar: PrometheusExemplar): void {
    (this.#exemplars ??= []).push(exemplar);
  }

  /** Visits the labels by name. Those that make the series go before others of the same name. */
  eachLabel(visit: (name: string, value: string) => void): void {
    const [labels, own] = [this.#base, this.#own];
    let [isNamed, isOwn] = [false, own === undefined];
    for (let i = 0; i < labels.length; i += 2) {
      const label = labels[i]!;
      if (!isNamed && label >= NAME) {
        visit(NAME, this.#name);
        isNamed = true;
      }
      if (!isOwn && label >= own!.name) {
        visit(own!.name, own!.value);
        isOwn = true;
      }
      if (label !== NAME && label !== own?.name) visit(label, labels[i + 1]!);
    }
    if (!isNamed) visit(NAME, this.#name);
    if (!isOwn) visit(own!.name, own!.value);
  }
}

/** It stands before the names of all own labels. */
const NAME = "__name__";

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
    const key = `${name}\0${own?.value ?? ""}\0${base.key}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(metadata, name, base.labels, own);
      this.#series.set(key, series);
    }
    return series;
  }
}
