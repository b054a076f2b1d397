export type { AccessSettings } from "./access.ts";
export { clickHouseProxy, type ClickHouseProxySettings } from "./clickhouse/clickhouse-proxy.ts";
export type { ProgramStatus } from "./clew/overview-endpoints.ts";
export {
  healthApp,
  listen,
  prometheusApp,
  storeQuerier,
  uiApp,
  type ApiSettings,
  type ListeningServer,
} from "./http-server.ts";
export type { RulesSource } from "./prometheus/rules-endpoints.ts";
export { sampleWriter } from "./remote-write/sample-writer.ts";
