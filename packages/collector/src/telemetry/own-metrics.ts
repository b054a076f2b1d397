/** Serves the collector's own metrics where `service::telemetry::metrics` says. */
import type { Address } from "../net/address.ts";
import { addressText, parseAddress } from "../net/address.ts";
import { serveMetrics, type ScrapeServer } from "../net/scrape-server.ts";
import type { TelemetryConfig } from "../config/service-config.ts";
import { expositionText } from "./exposition.ts";
import type { Logger } from "./logger.ts";
import type { MemoryMeter } from "./meter.ts";

const PATH = "service::telemetry::metrics";
const DEFAULT_READER = { host: "localhost", port: 8888 };

/** Starts one server for each Prometheus reader. Rejects as `listen` does, having stopped those it had started. */
export async function serveOwnMetrics(
  config: TelemetryConfig["metrics"],
  meter: MemoryMeter,
  logger: Logger,
  listening: (path: string, address: Address) => void,
  report: (error: unknown) => void,
): Promise<ScrapeServer[]> {
  if (config.address !== undefined && config.address !== null) {
    logger.warn(
      "service::telemetry::metrics::address is being ignored, please use service::telemetry::metrics::readers",
    );
  }
  if (config.level === "none") return [];
  const readers = config.readers?.flatMap(({ pull }) => pull?.exporter.prometheus ?? []) ?? [DEFAULT_READER];
  const servers: ScrapeServer[] = [];
  try {
    for (const [i, { host, port }] of readers.entries()) {
      const path = `${PATH}::readers::${i}`;
      const address = parseAddress(addressText({ host, port }), path);
      const server = await serveMetrics(address, path, () => ({ text: expositionText(meter.families()) }), report);
      servers.push(server);
      listening(path, server.address);
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return servers;
}
