/**
 * `@clew/sdk/compat`: what the official packages export, under their names, in one module. Each package by itself is
 * `@clew/sdk/compat/<name>`, as in `@clew/sdk/compat/sdk-trace-base`. Of the OTLP exporters, whose packages all have
 * the same class names, these are the ones for HTTP/protobuf.
 */
export * from "./official/context-async-hooks.ts";
export * from "./official/core.ts";
export * from "./official/exporter-logs-otlp-proto.ts";
export {
  AggregationTemporalityPreference,
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from "./official/exporter-metrics-otlp-http.ts";
export * from "./official/exporter-metrics-otlp-proto.ts";
export { PrometheusExporter } from "./official/exporter-prometheus.ts";
export * from "./official/exporter-trace-otlp-proto.ts";
export { ZipkinExporter } from "./official/exporter-zipkin.ts";
export * from "./official/propagator-aws-xray.ts";
export * from "./official/propagator-aws-xray-lambda.ts";
export * from "./official/propagator-b3.ts";
export * from "./official/propagator-jaeger.ts";
export * from "./official/propagator-ot-trace.ts";
export * from "./official/resources.ts";
export * from "./official/sampler-jaeger-remote.ts";
export * from "./official/sdk-logs.ts";
export * from "./official/sdk-metrics.ts";
export * from "./official/sdk-node.ts";
export * from "./official/sdk-trace.ts";
export * from "./official/sdk-trace-node.ts";
