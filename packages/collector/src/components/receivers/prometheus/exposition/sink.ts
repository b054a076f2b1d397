/** What a scraped page says, one call each. A parser calls these in the page's order. */
import type { Labels } from "../../../../relabel/labels.ts";

export type MetricType =
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "summary"
  | "info"
  | "stateset"
  | "unknown";

export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number | undefined;
}

/** Buckets that follow one another: the gap before them, and how many they are. */
export interface BucketSpan {
  readonly offset: number;
  readonly length: number;
}

export interface NativeBuckets {
  readonly spans: readonly BucketSpan[];
  /** The count of each bucket, not the difference to the one before. */
  readonly counts: readonly number[];
}

export interface NativeHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

export interface ScrapeSink {
  type(family: string, type: MetricType): void;
  help(family: string, help: string): void;
  unit(family: string, unit: string): void;
  /**
   * `series` is `name{label="value",…}` as the page writes it: the same text is the same series.
   * It may share memory with the page, and may be malformed where it was never seen before.
   */
  sample(
    series: string,
    value: number,
    timestampMs: number | undefined,
    exemplar: Exemplar | undefined,
    startTimeMs?: number,
  ): void;
  histogram(
    series: string,
    histogram: NativeHistogram,
    timestampMs: number | undefined,
    exemplars: readonly Exemplar[],
    startTimeMs: number | undefined,
  ): void;
}
