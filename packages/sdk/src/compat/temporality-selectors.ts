import type { InstrumentType } from "../metrics/instrument-type.ts";
import type { AggregationTemporality } from "../metrics/metric-data.ts";
import { preferredTemporality } from "../otlp/metric-preferences.ts";

type TemporalitySelector = (instrumentType: InstrumentType) => AggregationTemporality;

export const CumulativeTemporalitySelector: TemporalitySelector = (type) => preferredTemporality("cumulative", type);
export const DeltaTemporalitySelector: TemporalitySelector = (type) => preferredTemporality("delta", type);
export const LowMemoryTemporalitySelector: TemporalitySelector = (type) => preferredTemporality("lowmemory", type);
