import type { ExportResult } from "../common/export-result.ts";
import type { InstrumentType } from "./instrument-descriptor.ts";
import type { AggregationTemporality, ResourceMetrics } from "./metric-data.ts";

/** Sends collected metrics somewhere. `export` is not called again before it has called back. */
export interface PushMetricExporter {
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  /** Cumulative for every instrument when there is no such method. */
  selectAggregationTemporality?(type: InstrumentType): AggregationTemporality;
  shutdown(): Promise<void>;
}
