export { AsyncLocalStorageContextManager } from "./context/async-local-storage-context-manager.ts";
export { writeErrorLine, writeOutputLine } from "./common/standard-streams.ts";
export { isTracingSuppressed, suppressTracing } from "./common/suppress-tracing.ts";

export { AWSXRayLambdaPropagator } from "./propagation/aws-xray-lambda-propagator.ts";
export { AWSXRayPropagator } from "./propagation/aws-xray-propagator.ts";
export { B3InjectEncoding, B3Propagator, type B3PropagatorConfig } from "./propagation/b3-propagator.ts";
export { CompositePropagator } from "./propagation/composite-propagator.ts";
export { EnvironmentGetter, EnvironmentSetter } from "./propagation/environment-carrier.ts";
export { JaegerPropagator, type JaegerPropagatorConfig } from "./propagation/jaeger-propagator.ts";
export { OTTracePropagator } from "./propagation/ot-trace-propagator.ts";
export { W3CBaggagePropagator } from "./propagation/w3c-baggage-propagator.ts";
export { W3CTraceContextPropagator } from "./propagation/w3c-trace-context-propagator.ts";

export { detectResources, type ResourceDetectionConfig } from "./resource/detect-resources.ts";
export { type DetectorConfig, type ResourceDetector } from "./resource/detector.ts";
export { EnvDetector } from "./resource/detectors/env-detector.ts";
export { HostDetector } from "./resource/detectors/host-detector.ts";
export { OSDetector } from "./resource/detectors/os-detector.ts";
export { ProcessDetector } from "./resource/detectors/process-detector.ts";
export { ServiceInstanceIdDetector } from "./resource/detectors/service-instance-id-detector.ts";
export { type Entity } from "./resource/entity.ts";
export {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
} from "./resource/official-detectors.ts";
export {
  defaultResource,
  type DetectedResource,
  type DetectedResourceAttributes,
  emptyResource,
  type Resource,
  resourceFromAttributes,
  resourceFromDetectedResource,
  resourceFromEnvironment,
  type ResourceOptions,
} from "./resource/resource.ts";
export { type InstrumentationScope } from "./common/instrumentation-scope.ts";
export { type ExportResult, ExportResultCode } from "./common/export-result.ts";
export { type BatchConfig } from "./common/batch-config.ts";

export { TracerProvider, type TracerProviderConfig } from "./trace/tracer-provider.ts";
export { AlwaysOffSampler, AlwaysOnSampler } from "./trace/always-samplers.ts";
export { ParentBasedSampler, type ParentBasedSamplerConfig } from "./trace/parent-based-sampler.ts";
export { TraceIdRatioBasedSampler } from "./trace/trace-id-ratio-based-sampler.ts";
export { AlwaysRecordSampler, createAlwaysRecordSampler } from "./trace/sampling/always-record-sampler.ts";
export { ProbabilitySampler } from "./trace/sampling/probability-sampler.ts";
export { type ComposableSampler, type SamplingIntent } from "./trace/sampling/composable-sampler.ts";
export {
  createComposableAlwaysOffSampler,
  createComposableAlwaysOnSampler,
  createComposableAnnotatingSampler,
  createComposableParentThresholdSampler,
  createComposableProbabilitySampler,
  createComposableRuleBasedSampler,
  createComposableTraceIDRatioBasedSampler,
  type SamplingPredicate,
  type SamplingRule,
} from "./trace/sampling/composable-samplers.ts";
export { CompositeSampler, createCompositeSampler } from "./trace/sampling/composite-sampler.ts";
export { JaegerRemoteSampler, type JaegerRemoteSamplerOptions } from "./trace/sampling/jaeger-remote-sampler.ts";
export {
  AWSXRayRemoteSampler,
  type AWSXRayRemoteSamplerConfig,
} from "./trace/sampling/xray/aws-xray-remote-sampler.ts";
export { type Sampler, SamplingDecision, type SamplingResult } from "./trace/sampler.ts";
export { type IdGenerator, RandomIdGenerator } from "./trace/id-generator.ts";
export { type ReadableSpan, type TimedEvent } from "./trace/readable-span.ts";
export { type SpanLimits } from "./trace/span-limits.ts";
export { type Span, type SpanProcessor } from "./trace/span-processor.ts";
export { type SpanExporter } from "./trace/span-exporter.ts";
export { BatchSpanProcessor } from "./trace/batch-span-processor.ts";
export { SimpleSpanProcessor } from "./trace/simple-span-processor.ts";
export { ConsoleSpanExporter } from "./trace/console-span-exporter.ts";

export { MeterProvider, type MeterProviderConfig } from "./metrics/meter-provider.ts";
export { type MeterConfig, type MeterConfigurator } from "./metrics/meter-configurator.ts";
export { Meter } from "./metrics/meter.ts";
export {
  type BoundCounter,
  type BoundHistogram,
  Counter,
  Gauge,
  HistogramInstrument,
  UpDownCounter,
} from "./metrics/instruments.ts";
export { type AggregationOption, AggregationType } from "./metrics/aggregation-option.ts";
export {
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  type IAttributesProcessor,
} from "./metrics/attributes-processor.ts";
export { type ViewMatchingMode, type ViewOptions } from "./metrics/view.ts";
export {
  type IMetricReader,
  type MetricCollectOptions,
  type MetricProducer,
  MetricReader,
  type MetricReaderOptions,
} from "./metrics/metric-reader.ts";
export { AttributesFilterResult, type MetricFilter, MetricFilterResult } from "./metrics/metric-filter.ts";
export { type PushMetricExporter } from "./metrics/metric-exporter.ts";
export { InMemoryMetricExporter } from "./metrics/in-memory-metric-exporter.ts";
export { ConsoleMetricExporter, type ConsoleMetricExporterOptions } from "./metrics/console-metric-exporter.ts";
export {
  type CardinalityLimits,
  PeriodicExportingMetricReader,
  type PeriodicExportingMetricReaderOptions,
} from "./metrics/periodic-exporting-metric-reader.ts";
export { PrometheusExporter, type PrometheusExporterConfig } from "./exporters/prometheus/prometheus-exporter.ts";
export { type TranslationStrategy } from "@clew/otlp/prometheus";
export { type ExemplarFilter } from "./metrics/exemplar-filter.ts";
export {
  AlignedHistogramBucketExemplarReservoir,
  type ExemplarReservoir,
  SimpleFixedSizeExemplarReservoir,
} from "./metrics/exemplar-reservoir.ts";
export {
  type InstrumentAdvice,
  type InstrumentDescriptor,
  type InstrumentOptions,
} from "./metrics/instrument-descriptor.ts";
export { InstrumentType } from "./metrics/instrument-type.ts";
export {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Exemplar,
  type ExponentialHistogram,
  type ExponentialHistogramBuckets,
  type ExponentialHistogramMetricData,
  type GaugeMetricData,
  type Histogram,
  type HistogramMetricData,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
  type SumMetricData,
} from "./metrics/metric-data.ts";

export { LoggerProvider, type LoggerProviderConfig } from "./logs/logger-provider.ts";
export { type LogRecordLimits } from "./logs/log-record-limits.ts";
export { type LogRecordProcessor } from "./logs/log-record-processor.ts";
export { type LogRecordExporter } from "./logs/log-record-exporter.ts";
export { type ReadableLogRecord, type SdkLogRecord } from "./logs/readable-log-record.ts";
export { EventToSpanEventBridge } from "./logs/event-to-span-event-bridge.ts";
export type { LoggerConfig, LoggerConfigurator } from "./logs/logger-configurator.ts";
export type { TracerConfig, TracerConfigurator } from "./trace/tracer-configurator.ts";
export { BatchLogRecordProcessor } from "./logs/batch-log-record-processor.ts";
export { SimpleLogRecordProcessor } from "./logs/simple-log-record-processor.ts";
export { ConsoleLogRecordExporter } from "./logs/console-log-record-exporter.ts";

export { type OtlpCompression } from "./otlp/compression.ts";
export { type OTLPExporterConfig, type OtlpProtocol, type TlsConfig } from "./otlp/otlp-config.ts";
export { type HeadersFactory } from "./otlp/request-headers.ts";
export { OTLPTraceExporter } from "./otlp/otlp-trace-exporter.ts";
export {
  AggregationTemporalityPreference,
  type HistogramAggregation,
  type TemporalityPreference,
} from "./otlp/metric-preferences.ts";
export { OTLPMetricExporter, type OTLPMetricExporterConfig } from "./otlp/otlp-metric-exporter.ts";
export { OTLPLogExporter } from "./otlp/otlp-log-exporter.ts";

export {
  OTLPFileLogExporter,
  OTLPFileMetricExporter,
  OTLPFileTraceExporter,
} from "./exporters/file/otlp-file-exporters.ts";
export { type OTLPFileExporterConfig } from "./exporters/file/output-stream.ts";
export { InMemoryLogRecordExporter, InMemorySpanExporter } from "./exporters/in-memory/in-memory-exporters.ts";
export { ZipkinExporter, type ZipkinExporterConfig } from "./exporters/zipkin/zipkin-exporter.ts";

export {
  type ComponentProvider,
  ComponentProviderRegistry,
  type ComponentType,
  type ComponentTypes,
} from "./config/file/component-provider.ts";
export { type ConfigurationProblem } from "./config/file/configuration-problem.ts";
export {
  createFromConfigurationFile,
  parseConfiguration,
  parseConfigurationFile,
  type ParseOptions,
} from "./config/file/configuration-file.ts";
export {
  createComponents,
  type CreatedComponents,
  type CreateOptions,
  type SdkComponents,
} from "./config/file/create-components.ts";
export { type ConfigurationModel, type ParsedConfiguration } from "./config/file/parse-configuration.ts";

export { type HttpInstrumentationConfig, type InstrumentationConfig } from "./config/file/read-instrumentation.ts";
export { type Instrumentation, NodeSDK, type NodeSDKConfig, startSdk } from "./node-sdk.ts";
