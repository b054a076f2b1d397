/** The packages of `@opentelemetry/` whose place ours takes; each is the module `@clew/sdk/compat/<name>`. */
export const OFFICIAL_PACKAGES = [
  "context-async-hooks",
  "core",
  "exporter-logs-otlp-grpc",
  "exporter-logs-otlp-http",
  "exporter-logs-otlp-proto",
  "exporter-metrics-otlp-grpc",
  "exporter-metrics-otlp-http",
  "exporter-metrics-otlp-proto",
  "exporter-prometheus",
  "exporter-trace-otlp-grpc",
  "exporter-trace-otlp-http",
  "exporter-trace-otlp-proto",
  "exporter-zipkin",
  "propagator-aws-xray",
  "propagator-aws-xray-lambda",
  "propagator-b3",
  "propagator-jaeger",
  "propagator-ot-trace",
  "resources",
  "sampler-jaeger-remote",
  "sdk-logs",
  "sdk-metrics",
  "sdk-node",
  "sdk-trace",
  "sdk-trace-base",
  "sdk-trace-node",
] as const;

const SCOPE = "@opentelemetry/";

/** The module that stands in for `specifier`; `undefined` where that is none of the packages. */
export function standInFor(specifier: string): string | undefined {
  if (!specifier.startsWith(SCOPE)) return undefined;
  const name = specifier.slice(SCOPE.length);
  return OFFICIAL_PACKAGES.some((known) => known === name) ? `@clew/sdk/compat/${name}` : undefined;
}
