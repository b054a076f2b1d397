/** In the place of `@opentelemetry/sdk-metrics`. */
export { type AggregationOption, AggregationType } from "../../metrics/aggregation-option.ts";
export {
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  type IAttributesProcessor,
} from "../../metrics/attributes-processor.ts";
export { ConsoleMetricExporter } from "../../metrics/console-metric-exporter.ts";
export { InMemoryMetricExporter } from "../../metrics/in-memory-metric-exporter.ts";
export { InstrumentType } from "../../metrics/instrument-type.ts";
export { MeterProvider, type MeterProviderConfig as MeterProviderOptions } from "../../metrics/meter-provider.ts";
export {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type ExponentialHistogramMetricData,
  type GaugeMetricData,
  type Histogram,
  type HistogramMetricData,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
  type SumMetricData,
} from "../../metrics/metric-data.ts";
export { type PushMetricExporter } from "../../metrics/metric-exporter.ts";
export {
  type IMetricReader,
  type MetricCollectOptions,
  type MetricProducer,
  MetricReader,
  type MetricReaderOptions,
} from "../../metrics/metric-reader.ts";
export {
  PeriodicExportingMetricReader,
  type PeriodicExportingMetricReaderOptions,
} from "../../metrics/periodic-exporting-metric-reader.ts";
export { type ViewOptions } from "../../metrics/view.ts";
export { TimeoutError } from "../../common/timeout-error.ts";
