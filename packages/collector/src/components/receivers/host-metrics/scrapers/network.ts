import { field, section } from "../../../../schema/schema.ts";
import { isIncluded, matching, type Matches } from "../match-config.ts";
import {
  counterInt,
  SCHEMA_1_9,
  sumInt,
  type Host,
  type MetricDefinitions,
  type Recorder,
  type ScraperType,
} from "../metric.ts";
import { readProc, rowsOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.network.connections": sumInt("{connections}", "The number of connections."),
  "system.network.conntrack.count": sumInt("{entries}", "The count of entries in conntrack table.", false),
  "system.network.conntrack.max": sumInt("{entries}", "The limit for entries in the conntrack table.", false),
  "system.network.dropped": counterInt("{packets}", "The number of packets dropped."),
  "system.network.errors": counterInt("{errors}", "The number of errors encountered."),
  "system.network.io": counterInt("By", "The number of bytes transmitted and received."),
  "system.network.packets": counterInt("{packets}", "The number of packets transferred."),
};

interface NetworkConfig {
  readonly include: Matches | undefined;
  readonly exclude: Matches | undefined;
}

// By the kernel's number, from 1.
const TCP_STATES = [
  "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
  "LISTEN", "CLOSING",
]; // prettier-ignore

export const networkScraper: ScraperType<NetworkConfig> = {
  name: "network",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section<NetworkConfig>({
    include: field(matching("interfaces", "network interface include"), undefined, "Interfaces that are reported."),
    exclude: field(matching("interfaces", "network interface exclude"), undefined, "Interfaces that are not."),
  }),
  create: (config, host) => ({
    async run(recorder) {
      await recordInterfaces(recorder, config, host);
      if (recorder.isEnabled("system.network.connections")) await recordConnections(recorder, host);
      await recordConntrack(recorder, host);
    },
  }),
};

/** The tables of the host's first process, or of our own where that one may not be read. */
function readNet(host: Host, name: string): Promise<string> {
  return readProc(host, `1/net/${name}`).catch(() => readProc(host, `net/${name}`));
}

async function recordInterfaces(recorder: Recorder, { include, exclude }: NetworkConfig, host: Host): Promise<void> {
  for (const line of (await readNet(host, "dev")).split("\n").slice(2)) {
    const [device = "", counts = ""] = line.split(/:(?=\s*\d)/).map((part) => part.trim());
    if (device === "" || !isIncluded(device, include, exclude)) continue;
    const columns = counts.split(/\s+/).map(Number);
    for (const [direction, from] of [
      ["receive", 0],
      ["transmit", 8],
    ] as const) {
      const [bytes = 0, packets = 0, errors = 0, dropped = 0] = columns.slice(from);
      recorder.record("system.network.io", bytes, { device, direction });
      recorder.record("system.network.packets", packets, { device, direction });
      recorder.record("system.network.errors", errors, { device, direction });
      recorder.record("system.network.dropped", dropped, { device, direction });
    }
  }
}

async function recordConnections(recorder: Recorder, host: Host): Promise<void> {
  const counts = new Map(TCP_STATES.map((state) => [state, 0]));
  const tables = await Promise.all([readNet(host, "tcp"), readNet(host, "tcp6").catch(() => "")]);
  for (const [, , , number = ""] of tables.flatMap((table) => rowsOf(table).slice(1))) {
    const state = TCP_STATES[Number.parseInt(number, 16) - 1];
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  for (const [state, count] of counts) recorder.record("system.network.connections", count, { protocol: "tcp", state });
}

async function recordConntrack(recorder: Recorder, host: Host): Promise<void> {
  for (const name of ["count", "max"]) {
    const metric = `system.network.conntrack.${name}`;
    if (!recorder.isEnabled(metric)) continue;
    recorder.record(metric, Number(await readProc(host, `sys/net/netfilter/nf_conntrack_${name}`)));
  }
}
