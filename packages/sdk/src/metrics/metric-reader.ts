import type { InstrumentType } from "./instrument-descriptor.ts";
import type { AggregationTemporality, CollectionResult } from "./metric-data.ts";

/** Gives the metrics of a provider: what a reader collects from. */
export interface MetricProducer {
  /** `timeoutMillis` bounds each callback of an observable instrument. */
  collect(options?: { readonly timeoutMillis?: number }): Promise<CollectionResult>;
}

/** Takes the metrics out of a provider, when it wants to or when it is asked. Belongs to one provider. */
export interface MetricReader {
  setMetricProducer(producer: MetricProducer): void;
  selectAggregationTemporality(type: InstrumentType): AggregationTemporality;
  /** Collects and hands on. */
  forceFlush(): Promise<void>;
  /** Flushes, then releases everything. Safe to call twice. */
  shutdown(): Promise<void>;
}
