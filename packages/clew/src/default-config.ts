/** The collector configuration of `clew up` where `--config` names no other. */
export interface DefaultConfigSettings {
  readonly host: string;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  /** Undefined turns own metrics off. */
  readonly metricsPort: number | undefined;
}

export function defaultConfig({ host, otlpGrpcPort, otlpHttpPort, metricsPort }: DefaultConfigSettings): string {
  const address = host.includes(":") ? `[${host}]` : host;
  const metrics =
    metricsPort === undefined
      ? "level: none"
      : `readers: [{ pull: { exporter: { prometheus: { host: "${host}", port: ${metricsPort} } } } }]`;
  return `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: "${address}:${otlpGrpcPort}"
        max_recv_msg_size_mib: 64
      http:
        endpoint: "${address}:${otlpHttpPort}"
        max_request_body_size: 67108864
        cors:
          allowed_origins: ["http://localhost:*", "http://127.0.0.1:*", "https://localhost:*"]
          allowed_headers: ["*"]
processors:
  memory_limiter:
    check_interval: 1s
    limit_mib: 1024
    spike_limit_mib: 256
exporters:
  clew:
service:
  telemetry:
    metrics:
      ${metrics}
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
    metrics: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
    logs: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
`;
}
