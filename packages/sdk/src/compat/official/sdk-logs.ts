/** In the place of `@opentelemetry/sdk-logs`. */
export { type BatchConfig as BatchLogRecordProcessorOptions } from "../../common/batch-config.ts";
export { InMemoryLogRecordExporter } from "../../exporters/in-memory/in-memory-exporters.ts";
export { BatchLogRecordProcessor } from "../../logs/batch-log-record-processor.ts";
export { ConsoleLogRecordExporter } from "../../logs/console-log-record-exporter.ts";
export { type LogRecordExporter } from "../../logs/log-record-exporter.ts";
export { type LogRecordLimits } from "../../logs/log-record-limits.ts";
export { type LogRecordProcessor } from "../../logs/log-record-processor.ts";
export { type ReadableLogRecord, type SdkLogRecord } from "../../logs/readable-log-record.ts";
export { SimpleLogRecordProcessor } from "../../logs/simple-log-record-processor.ts";
export { createLoggerConfigurator, type LoggerPattern } from "../create-logger-configurator.ts";
export {
  type LoggerConfig,
  type LoggerConfigurator,
  LoggerProvider,
  type LoggerProviderConfig,
  type LoggerProviderConfig as LoggerProviderOptions,
} from "../logger-provider.ts";
