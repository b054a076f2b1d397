import type { TextMapPropagator } from "@opentelemetry/api";
import type { LogRecordProcessor } from "../logs/log-record-processor.ts";
import type { IMetricReader } from "../metrics/metric-reader.ts";
import { type Instrumentation, NodeSDK as SdkNodeSDK, type NodeSDKConfig } from "../node-sdk.ts";
import { CompositePropagator } from "../propagation/composite-propagator.ts";
import { BatchSpanProcessor } from "../trace/batch-span-processor.ts";
import type { SpanExporter } from "../trace/span-exporter.ts";
import type { SpanProcessor } from "../trace/span-processor.ts";

/** The official options, those that are deprecated included. */
export interface NodeSDKConfiguration extends Omit<NodeSDKConfig, "textMapPropagator" | "instrumentations"> {
  /** `null` for none. */
  readonly textMapPropagator?: TextMapPropagator | null;
  readonly instrumentations?: readonly (Instrumentation | readonly Instrumentation[])[];
  /** Gets a `BatchSpanProcessor`, unless processors are given. */
  readonly traceExporter?: SpanExporter;
  readonly spanProcessor?: SpanProcessor;
  readonly metricReader?: IMetricReader;
  readonly logRecordProcessor?: LogRecordProcessor;
}

/** The whole SDK with the official options. */
export class NodeSDK extends SdkNodeSDK {
  constructor(configuration: NodeSDKConfiguration = {}) {
    super(configOf(configuration));
  }
}

function configOf(configuration: NodeSDKConfiguration): NodeSDKConfig {
  const { traceExporter, spanProcessor, metricReader, logRecordProcessor, ...rest } = configuration;
  const { textMapPropagator, instrumentations, spanProcessors, metricReaders, logRecordProcessors, ...same } = rest;
  const spans = spanProcessors ?? listOf(spanProcessor) ?? batched(traceExporter);
  const readers = metricReaders ?? listOf(metricReader);
  const logs = logRecordProcessors ?? listOf(logRecordProcessor);
  return {
    ...same,
    ...(spans !== undefined && { spanProcessors: spans }),
    ...(readers !== undefined && { metricReaders: readers }),
    ...(logs !== undefined && { logRecordProcessors: logs }),
    ...(instrumentations !== undefined && { instrumentations: instrumentations.flat() }),
    ...(textMapPropagator !== undefined && { textMapPropagator: textMapPropagator ?? new CompositePropagator() }),
  };
}

function listOf<Item>(item: Item | undefined): readonly Item[] | undefined {
  return item === undefined ? undefined : [item];
}

function batched(exporter: SpanExporter | undefined): readonly SpanProcessor[] | undefined {
  return exporter === undefined ? undefined : [new BatchSpanProcessor(exporter)];
}
