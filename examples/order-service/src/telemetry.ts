/** Sets up OpenTelemetry for one of the two processes: three signals, by OTLP over gRPC. */
import { type Meter, metrics, type Tracer, trace } from "@opentelemetry/api";
import { type Logger, logs } from "@opentelemetry/api-logs";
import { resourceFromAttributes, startSdk } from "@clew/sdk";

const SCOPE = "order-service-example";
const VERSION = "2.4.1";

/** What the application reports with. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** Log lines go through pino first: see `log.ts`. */
  readonly otelLogger: Logger;
  /** Sends what is left. */
  shutdown(): Promise<void>;
}

/** Environment variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and the others) win over what is written here. */
export function startTelemetry(serviceName: string): Telemetry {
  const sdk = startSdk({
    resource: serviceResource(serviceName),
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_METRIC_EXPORT_INTERVAL: "15000",
      ...process.env,
    },
  });
  return {
    tracer: trace.getTracer(SCOPE, VERSION),
    meter: metrics.getMeter(SCOPE, VERSION),
    otelLogger: logs.getLogger("pino"),
    shutdown: () => sdk.shutdown(),
  };
}

export function serviceResource(serviceName: string): ReturnType<typeof resourceFromAttributes> {
  return resourceFromAttributes({
    "service.name": serviceName,
    "service.version": VERSION,
    "deployment.environment.name": process.env["DEPLOYMENT_ENVIRONMENT"] ?? "demo",
  });
}
