import { OTLPFileLogExporter } from "../../exporters/file/otlp-file-exporters.ts";
import { BatchLogRecordProcessor } from "../../logs/batch-log-record-processor.ts";
import { ConsoleLogRecordExporter } from "../../logs/console-log-record-exporter.ts";
import { EventToSpanEventBridge } from "../../logs/event-to-span-event-bridge.ts";
import type { LogRecordExporter } from "../../logs/log-record-exporter.ts";
import type { LogRecordProcessor } from "../../logs/log-record-processor.ts";
import type { LoggerConfig } from "../../logs/logger-configurator.ts";
import { LoggerProvider } from "../../logs/logger-provider.ts";
import { SimpleLogRecordProcessor } from "../../logs/simple-log-record-processor.ts";
import { OTLPLogExporter } from "../../otlp/otlp-log-exporter.ts";
import { type Plan, readComponent, type ReadComponent, requiredComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { readBatch } from "./read-batch.ts";
import { readConfigurator, readScopeConfig } from "./read-configurator.ts";
import { readLogRecordLimits } from "./read-limits.ts";
import { readOtlpFile, readOtlpGrpc, readOtlpHttp } from "./read-otlp-exporter.ts";
import type { FileContext } from "./read-tracer-provider.ts";
import { SEVERITIES, severityNumber } from "./severity.ts";
import type { Section } from "./section.ts";

export function readLoggerProvider(section: Section, context: FileContext): Plan<LoggerProvider> {
  const { registry, resource, attributeLimits } = context;
  const processors = (section.sections("processors") ?? section.missing("processors") ?? []).map((one) =>
    readLogRecordProcessor(one, registry),
  );
  const logRecordLimits = readLogRecordLimits(section.section("limits"), attributeLimits);
  const loggerConfigurator = section
    .section("logger_configurator/development")
    ?.read((one) => readConfigurator(one, "loggers", readLoggerConfig));
  return () =>
    new LoggerProvider({
      resource: resource(),
      processors: processors.map((plan) => plan()),
      logRecordLimits,
      ...(loggerConfigurator !== undefined && { loggerConfigurator }),
    });
}

function readLoggerConfig(section: Section): LoggerConfig {
  const minimumSeverity = severityNumber(section.choice("minimum_severity", SEVERITIES));
  return {
    ...readScopeConfig(section),
    traceBased: section.boolean("trace_based") ?? false,
    ...(minimumSeverity !== undefined && { minimumSeverity }),
  };
}

function readLogRecordProcessor(section: Section, registry: ComponentProviderRegistry): Plan<LogRecordProcessor> {
  const exporterOf = (one: Section): Plan<LogRecordExporter> =>
    requiredComponent(one, "exporter", (exporter) =>
      readComponent(exporter, "log_record_exporter", LOG_RECORD_EXPORTERS, registry),
    );
  const builtIn: Readonly<Record<string, ReadComponent<LogRecordProcessor>>> = {
    batch: (one) => {
      const [config, exporter] = [readBatch(one), exporterOf(one)];
      return () => new BatchLogRecordProcessor(exporter(), config);
    },
    simple: (one) => {
      const exporter = exporterOf(one);
      return () => new SimpleLogRecordProcessor(exporter());
    },
    "event_to_span_event_bridge/development": () => () => new EventToSpanEventBridge(),
  };
  return readComponent(section, "log_record_processor", builtIn, registry);
}

const LOG_RECORD_EXPORTERS: Readonly<Record<string, ReadComponent<LogRecordExporter>>> = {
  otlp_http: (section) => {
    const config = readOtlpHttp(section);
    return () => new OTLPLogExporter(config);
  },
  otlp_grpc: (section) => {
    const config = readOtlpGrpc(section);
    return () => new OTLPLogExporter(config);
  },
  "otlp_file/development": (section) => {
    const config = readOtlpFile(section);
    return () => new OTLPFileLogExporter(config);
  },
  console: () => () => new ConsoleLogRecordExporter(),
};
