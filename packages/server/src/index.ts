export type { AccessSettings } from "./access.ts";
export { ApiCounts } from "./api-counts.ts";
export { clickHouseProxy, type ClickHouseProxySettings } from "./clickhouse/clickhouse-proxy.ts";
export type { SampleCacheCounts } from "./metrics/sample-cache.ts";
export { querierOf } from "./metrics/querier-of.ts";
export { QueryThread } from "./query-thread/query-thread.ts";
export type { StoreQuerier } from "./metrics/store-querier.ts";
export type { ProgramStatus } from "./clew/overview-endpoints.ts";
export {
  ingestApp,
  listen,
  prometheusApp,
  uiApp,
  type ApiSettings,
  type ListeningServer,
  type LiveConfig,
} from "./http-server.ts";
export { readPrometheusConfig, type PrometheusConfig } from "./prometheus-config/read-prometheus-config.ts";
export type { RulesSource } from "./prometheus/rules-endpoints.ts";
export { sampleWriter } from "./remote-write/sample-writer.ts";
