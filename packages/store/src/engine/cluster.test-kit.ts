/** A cluster of ClickHouse on this machine: every node is an embedded engine that also speaks the nodes' protocol. */
import { createServer, type AddressInfo } from "node:net";
import { startEmbedded } from "../running-store.test-kit.ts";
import type { ClickHouseServer } from "./clickhouse-url.ts";
import type { EmbeddedEngine } from "./embedded-engine.ts";
import { localUrlOf } from "./local-url.test-kit.ts";

export interface RunningCluster {
  readonly nodes: readonly EmbeddedEngine[];
  /** Each node as `--clickhouse` would name it. */
  readonly servers: readonly ClickHouseServer[];
  stop(): Promise<void>;
}

export const CLUSTER = "shards";

/** `shards` nodes, each a shard of its own; without Keeper, which the engine does not have. */
export async function startCluster(shards: number): Promise<RunningCluster> {
  const ports = await freePorts(shards);
  const extraConfiguration = remoteServers(ports);
  const nodes = await Promise.all(ports.map((tcpPort) => startEmbedded({ tcpPort, extraConfiguration })));
  const urls = await Promise.all(nodes.map(localUrlOf));
  return {
    nodes,
    servers: nodes.map(({ endpoint }, i) => ({
      url: urls[i]?.url ?? "",
      user: endpoint.user,
      password: endpoint.password,
      database: endpoint.database,
      cluster: CLUSTER,
      tls: {},
      settings: {},
    })),
    async stop() {
      for (const url of urls) await url.close();
      for (const node of nodes) await node.stop();
    },
  };
}

function remoteServers(ports: readonly number[]): string {
  const shards = ports.map((port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`);
  return `<remote_servers><${CLUSTER}><secret>of this test</secret>${shards.join("")}</${CLUSTER}></remote_servers>`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  for (const server of servers) await new Promise<void>((resolve) => server.close(() => resolve()));
  return ports;
}
