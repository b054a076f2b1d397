export { startCollector, type Collector, type CollectorSettings } from "./collector.ts";
export type {
  Component,
  ComponentFactory,
  ConnectorFactory,
  ConnectorOutput,
  ExporterFactory,
  ExtensionFactory,
  Kind,
  ProcessorFactory,
  ReceiverFactory,
  Settings,
  Stability,
} from "./component.ts";
export { clewExporter, type Sink } from "./components/exporters/clew/factory.ts";
export { ConfigError } from "./config/config-error.ts";
export { loadConfig, type LoadedConfig } from "./config/load-config.ts";
export { ConsumeError, type ConsumeErrorDetails, type Consumer, type Consumers } from "./consumer.ts";
export type { Address } from "./net/address.ts";
export { describePortHolder } from "./net/port-holder.ts";
export { builtinComponents, type Registry } from "./registry.ts";
export type { ConfigProblem } from "./schema/place.ts";
export { consoleLogger, type Fields, type Level, type Logger } from "./telemetry/logger.ts";
