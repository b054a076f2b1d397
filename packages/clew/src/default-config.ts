import { NO_TRANSLATION, PROMETHEUS_METADATA } from "@clew/otlp/prometheus";

/** The collector configuration of `clew up` where `--config` names no other. */
export interface DefaultConfigSettings {
  readonly host: string;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  /** Undefined turns own metrics off. */
  readonly metricsPort: number | undefined;
  /** What is scraped, as the `prometheus` receiver is told; nothing where absent. */
  readonly scrape?: object | undefined;
}

/** What scraping adds to the sections of the configuration. */
interface Scraping {
  readonly receiver: string;
  readonly processor: string;
  readonly pipeline: string;
}

const NO_SCRAPING: Scraping = { receiver: "", processor: "", pipeline: "" };
/** Series that were scraped keep their names, as Prometheus keeps them (docs/adr/0018-prometheus-series-in-otlp.md). */
const AS_SCRAPED = [
  `set(metric.metadata["${PROMETHEUS_METADATA.translation}"], "${NO_TRANSLATION}")`,
  // Prometheus makes no `target_info` of where a target is.
  ...["server.address", "server.port", "url.scheme"].map((key) => `delete_key(resource.attributes, "${key}")`),
];

export function defaultConfig(settings: DefaultConfigSettings): string {
  const { host, otlpGrpcPort, otlpHttpPort, metricsPort } = settings;
  const address = host.includes(":") ? `[${host}]` : host;
  const metrics =
    metricsPort === undefined
      ? "level: none"
      : `readers: [{ pull: { exporter: { prometheus: { host: "${host}", port: ${metricsPort} } } } }]`;
  const scraping = settings.scrape === undefined ? NO_SCRAPING : scrapingOf(settings.scrape);
  return `
receivers:${scraping.receiver}
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
processors:${scraping.processor}
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
  pipelines:${scraping.pipeline}
    traces: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
    metrics: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
    logs: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] }
`;
}

function scrapingOf(scrape: object): Scraping {
  return {
    receiver: `
  prometheus: { config: ${literal(scrape)} }`,
    processor: `
  transform/as_scraped: { metric_statements: ${literal(AS_SCRAPED)} }`,
    pipeline: `
    metrics/scraped: { receivers: [prometheus], processors: [memory_limiter, transform/as_scraped], exporters: [clew] }`,
  };
}

/** YAML that is JSON. A dollar sign stands twice where it refers to nothing. */
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll("$", "$$$$");
}
