/** The metrics of Prometheus that both of its text formats write. */

export type MetricFamilyType = "counter" | "gauge" | "histogram" | "info";

export interface MetricFamily {
  /** With all suffixes that the metric itself has; `_total` only where the strategy adds it. */
  readonly name: string;
  readonly type: MetricFamilyType;
  readonly help: string;
  /** As Prometheus spells it; empty where the name does not end with it. */
  readonly unit: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** "_bucket", "_sum", "_count" or none. */
  readonly suffix: string;
  readonly labels: readonly Label[];
  readonly value: number;
  readonly timestampMs: number | undefined;
  readonly exemplar: SampleExemplar | undefined;
}

export interface SampleExemplar {
  readonly labels: readonly Label[];
  readonly value: number;
  readonly timestampMs: number;
}

export type Label = readonly [name: string, value: string];
