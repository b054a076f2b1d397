import type { LastRequest } from "../exit/last-request.ts";
import type { ExportResult } from "../common/export-result.ts";
import type { AggregationOption } from "./aggregation-option.ts";
import type { InstrumentType } from "./instrument-type.ts";
import type { AggregationTemporality, ResourceMetrics } from "./metric-data.ts";
import type { MetricSink } from "./metric-sink.ts";

/** Sends collected metrics somewhere. `export` is not called again before it has called back. */
export interface PushMetricExporter {
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void;
  /** Rejects when it failed. */
  forceFlush(): Promise<void>;
  /** The default of each instrument when there is no such method. */
  selectAggregation?(instrumentType: InstrumentType): AggregationOption;
  /** Cumulative for every instrument when there is no such method. */
  selectAggregationTemporality?(instrumentType: InstrumentType): AggregationTemporality;
  shutdown(): Promise<void>;
}

/** Metrics on their way to an exporter, in the form that it takes them. */
export interface MetricBatch extends MetricSink {
  /** How many metrics there are. */
  readonly count: number;
}

/** An exporter that takes metrics as they lie in memory, so that no objects have to be made of them. */
export interface MetricBatchExporter {
  createBatch(): MetricBatch;
  /** Is given only what `createBatch` made, one at a time. May reject. */
  exportBatch(batch: MetricBatch): Promise<ExportResult>;
  /** Gives up `batches`, and at the end what it was given before and may not have delivered: see `Drainable`. */
  drain(batches: readonly MetricBatch[], isEnd: boolean): readonly LastRequest[];
}

export function takesBatches(exporter: object): exporter is MetricBatchExporter {
  return "createBatch" in exporter && "exportBatch" in exporter;
}
