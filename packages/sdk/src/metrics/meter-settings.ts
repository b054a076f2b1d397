import type { Clock } from "@clew/base";
import type { Resource } from "../resource/resource.ts";
import type { AggregationOption } from "./aggregation-option.ts";
import type { IsEligible } from "./exemplar-filter.ts";
import type { InstrumentType } from "./instrument-type.ts";
import type { AggregationTemporality } from "./metric-data.ts";
import type { ViewRegistry } from "./view-registry.ts";

/** What a provider's readers want, each in its place. */
export interface ReaderSettings {
  aggregation(type: InstrumentType): AggregationOption;
  temporality(type: InstrumentType): AggregationTemporality;
  cardinalityLimit(type: InstrumentType): number;
}

/** What all meters of a provider share. */
export interface MeterSettings {
  readonly resource: Resource;
  readonly readers: readonly ReaderSettings[];
  readonly views: ViewRegistry;
  readonly eligibility: IsEligible | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}
