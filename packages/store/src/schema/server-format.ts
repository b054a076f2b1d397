import { ClewError } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import type { Cluster } from "./cluster-statements.ts";
import type { FormatRecord } from "./migrate.ts";

/** Every node of a cluster is a replica of the one table, whatever its shard, so that all know the same. */
export function formatTable(cluster: Cluster | undefined): string {
  const replicated = cluster?.hasKeeper === true;
  const path = `/clickhouse/tables/all/${cluster?.database}/clew_format`;
  return `CREATE TABLE IF NOT EXISTS clew_format${replicated ? ` ON CLUSTER ${cluster.name}` : ""} (Format UInt32, WrittenAt DateTime DEFAULT now())
ENGINE = ${replicated ? `ReplicatedMergeTree('${path}', '{shard}_{replica}')` : "MergeTree"}
ORDER BY Format`;
}

/** The format in the server's table `clew_format`, which has a row for every one that the data ever had. */
export function serverFormat(client: EngineClient, cluster: Cluster | undefined): FormatRecord {
  return {
    async read() {
      const names = await client.rows<readonly [string]>(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN ('clew_format', 'otel_traces', 'otel_logs')",
      );
      if (names.some(([name]) => name === "clew_format")) return latestOf(client);
      if (names.length > 0) throw foreignTables(names.map(([name]) => name));
      await client.command(formatTable(cluster));
      return undefined;
    },
    async write(format) {
      await client.command(`INSERT INTO clew_format (Format) VALUES (${format})`);
    },
  };
}

async function latestOf(client: EngineClient): Promise<number | undefined> {
  const [[format] = [0]] = await client.rows<readonly [number]>("SELECT max(Format) FROM clew_format");
  return format === 0 ? undefined : format;
}

/** The Collector's ClickHouse exporter makes tables of the same names with fewer columns. */
function foreignTables(names: readonly string[]): ClewError {
  return new ClewError("STORE_ENGINE_FAILED", `the database has tables that Clew did not make: ${names.join(", ")}`, {
    remedy: "name another database in the URL of --clickhouse",
  });
}
