/** What differs between the three signals in OTLP. */
export interface Signal {
  /** "spans", as messages call the items. */
  readonly noun: string;
  /** The part of the environment variables' names: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`. */
  readonly variable: "TRACES" | "METRICS" | "LOGS";
  readonly httpPath: string;
  readonly grpcPath: string;
}

const SERVICE = "/opentelemetry.proto.collector";

export const TRACES: Signal = {
  noun: "spans",
  variable: "TRACES",
  httpPath: "v1/traces",
  grpcPath: `${SERVICE}.trace.v1.TraceService/Export`,
};

export const METRICS: Signal = {
  noun: "data points",
  variable: "METRICS",
  httpPath: "v1/metrics",
  grpcPath: `${SERVICE}.metrics.v1.MetricsService/Export`,
};

export const LOGS: Signal = {
  noun: "log records",
  variable: "LOGS",
  httpPath: "v1/logs",
  grpcPath: `${SERVICE}.logs.v1.LogsService/Export`,
};
