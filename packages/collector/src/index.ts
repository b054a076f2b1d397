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
export {
  alertmanagerAt,
  readAlerting,
  type AlertingConfig,
  type AlertmanagerConfig,
} from "./alerting/alerting-config.ts";
export { AlertmanagerSet } from "./alerting/alertmanager-set.ts";
export type { Meter } from "./telemetry/meter.ts";
export { crc32c } from "./compression/crc32c.ts";
export { decompress } from "./compression/decompress.ts";
export { snappyCompress } from "./compression/snappy.ts";
export { clewExporter, type Sink } from "./components/exporters/clew/factory.ts";
export { payloadOfJaegerTrace } from "./components/receivers/jaeger/json-trace.ts";
export { withPathsFrom } from "./components/receivers/prometheus/paths.ts";
export {
  ScrapedTargets,
  type ScrapedTarget,
  type ScrapePoolState,
} from "./components/receivers/prometheus/scraped-targets.ts";
export { payloadOfZipkinSpan } from "./components/receivers/zipkin/json-payload.ts";
export { ConfigError } from "./config/config-error.ts";
export { readConfig } from "./config/collector-config.ts";
export { configJsonSchema } from "./config/config-json-schema.ts";
export type { ConfigText } from "./config/yaml-text.ts";
export { nodeWorld } from "./config/config-world.ts";
export { effectiveConfigText } from "./config/effective-config.ts";
export { loadConfig, readSources, uriOfSetting, type LoadedConfig } from "./config/load-config.ts";
export { withoutPassword } from "./http-client/proxy-config.ts";
export { relabel } from "./relabel/relabel.ts";
export type { RelabelConfig } from "./relabel/relabel-config.ts";
export { checkFeatureGates, featureGates } from "./inspect/feature-gates.ts";
export { componentsYaml } from "./inspect/components-yaml.ts";
export { explainConfig } from "./inspect/explain.ts";
export { ReloadingCollector } from "./reloading-collector.ts";
export { glob } from "./match/glob.ts";
export { recordedPayloads } from "./replay/recorded-payloads.ts";
export { replay } from "./replay/replay.ts";
export { ConsumeError, type ConsumeErrorDetails, type Consumer, type Consumers } from "./consumer.ts";
export type { Address } from "./net/address.ts";
export { describePortHolder } from "./net/port-holder.ts";
export { builtinComponents, type Registry } from "./registry.ts";
export type { ConfigProblem } from "./schema/place.ts";
export { expositionText, TEXT_FORMAT, type Family, type Sample } from "./telemetry/exposition.ts";
export { consoleLogger, type Fields, type Level, type Logger } from "./telemetry/logger.ts";
