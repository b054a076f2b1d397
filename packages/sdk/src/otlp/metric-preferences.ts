/** What an exporter asks of metrics. Source: specification, OTLP metric exporter, "additional configuration". */
import { type AggregationOption, AggregationType } from "../metrics/aggregation-option.ts";
import { InstrumentType } from "../metrics/instrument-type.ts";
import { AggregationTemporality } from "../metrics/metric-data.ts";

export const TEMPORALITY_PREFERENCES = ["cumulative", "delta", "lowmemory"] as const;
export type TemporalityPreference = (typeof TEMPORALITY_PREFERENCES)[number];

/** The preferences as the official exporters have them. */
export const AggregationTemporalityPreference = {
  DELTA: 0,
  CUMULATIVE: 1,
  LOWMEMORY: 2,
  0: "DELTA",
  1: "CUMULATIVE",
  2: "LOWMEMORY",
} as const;
export type AggregationTemporalityPreference = Extract<
  (typeof AggregationTemporalityPreference)[keyof typeof AggregationTemporalityPreference],
  number
>;

export const HISTOGRAM_AGGREGATIONS = ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"] as const;
export type HistogramAggregation = (typeof HISTOGRAM_AGGREGATIONS)[number];

const DELTA_TYPES: Readonly<Record<TemporalityPreference, readonly InstrumentType[]>> = {
  cumulative: [],
  delta: [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.HISTOGRAM],
  lowmemory: [InstrumentType.COUNTER, InstrumentType.HISTOGRAM],
};

/** By the word for it, from the official number for it, which may be an `AggregationTemporality` too. */
export function temporalityPreferenceOf(
  given: TemporalityPreference | AggregationTemporalityPreference | AggregationTemporality,
): TemporalityPreference {
  if (typeof given !== "number") return given;
  if (given === AggregationTemporalityPreference.DELTA) return "delta";
  return given === AggregationTemporalityPreference.LOWMEMORY ? "lowmemory" : "cumulative";
}

export function preferredTemporality(preference: TemporalityPreference, type: InstrumentType): AggregationTemporality {
  return DELTA_TYPES[preference].includes(type) ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
}

export function preferredAggregation(histogram: HistogramAggregation, type: InstrumentType): AggregationOption {
  const isExponential = type === InstrumentType.HISTOGRAM && histogram === "base2_exponential_bucket_histogram";
  return { type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT };
}
