/** Serves the collector's own metrics where `service::telemetry::metrics` says. */
import { prometheusLabelName } from "@clew/otlp";
import type { Address } from "../net/address.ts";
import { addressText, parseAddress } from "../net/address.ts";
import type { Route, RouteServer } from "../net/http-routes.ts";
import { serveMetrics, type Page } from "../net/scrape-server.ts";
import type { TelemetryConfig } from "../config/service-config.ts";
import { expositionText, type Family } from "./exposition.ts";
import type { Logger } from "./logger.ts";
import type { MemoryMeter } from "./meter.ts";

const PATH = "service::telemetry::metrics";
const DEFAULT_READER = { host: "localhost", port: 8888, without_type_suffix: true, without_units: true };

export interface OwnMetrics {
  readonly meter: MemoryMeter;
  /** What the collector is, for `target_info`. */
  readonly resource: Readonly<Record<string, string>>;
  /** What is served beside them, by path. */
  readonly routes: Readonly<Record<string, Route>>;
}

/** Starts one server for each Prometheus reader. Rejects as `listen` does, having stopped those it had started. */
export async function serveOwnMetrics(
  config: TelemetryConfig["metrics"],
  { meter, resource, routes }: OwnMetrics,
  logger: Logger,
  listening: (path: string, address: Address) => void,
  report: (error: unknown) => void,
): Promise<RouteServer[]> {
  if (config.address !== undefined && config.address !== null) {
    logger.warn(
      "service::telemetry::metrics::address is being ignored, please use service::telemetry::metrics::readers",
    );
  }
  if (config.level === "none") return [];
  const readers = config.readers?.flatMap(({ pull }) => pull?.exporter.prometheus ?? []) ?? [DEFAULT_READER];
  const servers: RouteServer[] = [];
  try {
    for (const [i, { host, port, without_type_suffix: noType, without_units: noUnits }] of readers.entries()) {
      const names = { typeSuffix: !noType, units: !noUnits };
      const path = `${PATH}::readers::${i}`;
      const address = parseAddress(addressText({ host, port }), path);
      const page = (): Page => ({ body: expositionText([...meter.families(names), ...targetInfo(resource)]) });
      const server = await serveMetrics(address, path, page, report, routes);
      servers.push(server);
      listening(path, server.address);
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return servers;
}

function targetInfo(resource: Readonly<Record<string, string>>): Family[] {
  const entries = Object.entries(resource).map(([key, value]) => [prometheusLabelName(key), value] as const);
  if (entries.length === 0) return [];
  const labels = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  return [{ name: "target_info", type: "gauge", help: "Target metadata", samples: [{ suffix: "", labels, value: 1 }] }];
}
