/** Makes the exporters of each signal that the environment variables name. */
import {
  OTLPFileLogExporter,
  OTLPFileMetricExporter,
  OTLPFileTraceExporter,
} from "../exporters/file/otlp-file-exporters.ts";
import { PrometheusExporter } from "../exporters/prometheus/prometheus-exporter.ts";
import { ZipkinExporter } from "../exporters/zipkin/zipkin-exporter.ts";
import { BatchLogRecordProcessor } from "../logs/batch-log-record-processor.ts";
import { ConsoleLogRecordExporter } from "../logs/console-log-record-exporter.ts";
import type { LogRecordProcessor } from "../logs/log-record-processor.ts";
import { SimpleLogRecordProcessor } from "../logs/simple-log-record-processor.ts";
import { ConsoleMetricExporter } from "../metrics/console-metric-exporter.ts";
import type { MetricReader } from "../metrics/metric-reader.ts";
import { PeriodicExportingMetricReader } from "../metrics/periodic-exporting-metric-reader.ts";
import { OTLPLogExporter } from "../otlp/otlp-log-exporter.ts";
import { OTLPMetricExporter } from "../otlp/otlp-metric-exporter.ts";
import { OTLPTraceExporter } from "../otlp/otlp-trace-exporter.ts";
import { BatchSpanProcessor } from "../trace/batch-span-processor.ts";
import { ConsoleSpanExporter } from "../trace/console-span-exporter.ts";
import { SimpleSpanProcessor } from "../trace/simple-span-processor.ts";
import type { SpanProcessor } from "../trace/span-processor.ts";
import { type Environment, readNumber } from "./environment.ts";
import { named } from "./named-components.ts";

/** Source: specification, "Metrics exporter, standard output". */
const CONSOLE_INTERVAL_MS = 10_000;

/** `OTEL_TRACES_EXPORTER`. */
export function spanProcessorsFromEnvironment(env: Environment): SpanProcessor[] {
  return named<SpanProcessor>(env, "OTEL_TRACES_EXPORTER", ["otlp"], {
    otlp: () => new BatchSpanProcessor(new OTLPTraceExporter({ env }), { env }),
    "otlp/stdout": () => new BatchSpanProcessor(new OTLPFileTraceExporter(), { env }),
    zipkin: () => new BatchSpanProcessor(new ZipkinExporter({ env }), { env }),
    console: () => new SimpleSpanProcessor(new ConsoleSpanExporter()),
    none: () => undefined,
  });
}

/** `OTEL_METRICS_EXPORTER`. */
export function metricReadersFromEnvironment(env: Environment): MetricReader[] {
  return named<MetricReader>(env, "OTEL_METRICS_EXPORTER", ["otlp"], {
    otlp: () => new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ env }), env }),
    "otlp/stdout": () => new PeriodicExportingMetricReader({ exporter: new OTLPFileMetricExporter({ env }), env }),
    prometheus: () => new PrometheusExporter({ env }),
    console: () =>
      new PeriodicExportingMetricReader({
        exporter: new ConsoleMetricExporter(),
        exportIntervalMillis: readNumber(env, "OTEL_METRIC_EXPORT_INTERVAL", 1) ?? CONSOLE_INTERVAL_MS,
        env,
      }),
    none: () => undefined,
  });
}

/** `OTEL_LOGS_EXPORTER`. */
export function logRecordProcessorsFromEnvironment(env: Environment): LogRecordProcessor[] {
  return named<LogRecordProcessor>(env, "OTEL_LOGS_EXPORTER", ["otlp"], {
    otlp: () => new BatchLogRecordProcessor(new OTLPLogExporter({ env }), { env }),
    "otlp/stdout": () => new BatchLogRecordProcessor(new OTLPFileLogExporter(), { env }),
    console: () => new SimpleLogRecordProcessor(new ConsoleLogRecordExporter()),
    none: () => undefined,
  });
}
