/** Statements that only a real cluster executes: the engine parses them, and makes what they name as far as it can alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EngineClient } from "../engine/engine-client.ts";
import type { EmbeddedEngine } from "../engine/embedded-engine.ts";
import { startEmbedded } from "../running-store.test-kit.ts";
import { statementsFor, type Cluster } from "./cluster-statements.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { formatTable } from "./server-format.ts";
import { TABLES } from "./tables.ts";

const CLUSTER: Cluster = { name: "prod", database: "clew", hasKeeper: true };
/** The engine has a Keeper in memory for tests of its own; it keeps tables that name it, read-only. */
const KEEPER = `
<zookeeper><implementation>testkeeper</implementation></zookeeper>
<macros><shard>1</shard><replica>a</replica></macros>
<remote_servers><prod><shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard></prod></remote_servers>`;
const STATEMENTS = [...TABLES.flatMap((one) => statementsFor(one, CLUSTER)), formatTable(CLUSTER)];

let engine: EmbeddedEngine;
let client: EngineClient;

beforeAll(async () => {
  engine = await startEmbedded({ extraConfiguration: KEEPER });
  client = new EngineClient(engine.endpoint);
});

afterAll(async () => {
  await client.close();
  await engine.stop();
});

test("every statement of the schema can be read by ClickHouse, and says on which cluster", async () => {
  for (const statement of STATEMENTS) {
    expect(statement).toContain("ON CLUSTER prod");
    await client.bytes(`EXPLAIN AST ${statement}`);
  }
});

test("every table, view and Distributed table is accepted in that order", async () => {
  for (const statement of STATEMENTS) await client.command(statement.replaceAll(" ON CLUSTER prod", ""));
  const tables = await client.rows<readonly [string, string]>(
    "SELECT name, engine FROM system.tables WHERE database = 'clew' ORDER BY name",
  );
  const engineOf = Object.fromEntries(tables);
  for (const [name] of tables.filter(([one]) => one.endsWith("_local"))) {
    expect(engineOf[name]).toMatch(/^Replicated\w*MergeTree$/);
    expect(engineOf[name.replace(/_local$/, "")]).toBe("Distributed");
  }
  expect(engineOf["otel_traces_local"]).toBe("ReplicatedMergeTree");
  expect(engineOf["metric_series_local"]).toBe("ReplicatedReplacingMergeTree");
  const [[ofTraces] = [""]] = await client.rows<readonly [string]>(
    "SELECT create_table_query FROM system.tables WHERE name = 'otel_traces_local'",
  );
  expect(ofTraces).toContain("ReplicatedMergeTree('/clickhouse/tables/{shard}/clew/otel_traces_local', '{replica}')");
  expect(ofTraces).toContain("replicated_deduplication_window = 10000");
});

test("what is inserted through a Distributed table goes to a shard by something that is the same when it is sent again", async () => {
  const tables = await client.rows<readonly [string, string]>(
    "SELECT name, engine_full FROM system.tables WHERE database = 'clew' AND engine = 'Distributed'",
  );
  const written = tables.filter(
    ([name]) => name.startsWith("metric_") || name === "otel_traces" || name === "otel_logs",
  );
  expect(written.length).toBeGreaterThanOrEqual(8);
  for (const [name, engineFull] of written) {
    expect([name, engineFull]).toEqual([name, expect.stringMatching(/cityHash64|Fingerprint/)]);
    expect(engineFull).not.toContain("rand");
  }
});

describe("changes", () => {
  const of = (statement: string): string[] => statementsFor(statement, CLUSTER);

  test("a column is added to the shards' table, and the Distributed one is made again with it", async () => {
    const statements = of("ALTER TABLE otel_logs ADD COLUMN IF NOT EXISTS Added String CODEC(ZSTD(1))");
    expect(statements.map((one) => one.slice(0, 60))).toEqual([
      "ALTER TABLE otel_logs_local ON CLUSTER prod ADD COLUMN IF NOT EXISTS Added".slice(0, 60),
      "CREATE OR REPLACE TABLE otel_logs ON CLUSTER prod AS otel_logs_local".slice(0, 60),
    ]);
    for (const statement of statements) await client.bytes(`EXPLAIN AST ${statement}`);
  });

  test("an index and a TTL are the shards' alone", async () => {
    const [statement = "", ...others] = of("ALTER TABLE otel_logs MODIFY TTL toDateTime(Timestamp) + INTERVAL 3 DAY");
    expect([statement.includes("otel_logs_local ON CLUSTER prod"), others]).toEqual([true, []]);
    await client.bytes(`EXPLAIN AST ${statement}`);
  });

  test("tables and views are dropped on every node", async () => {
    const statements = [
      ...of("DROP TABLE IF EXISTS otel_logs"),
      ...of("DROP VIEW IF EXISTS otel_traces_trace_id_ts_mv"),
    ];
    expect(statements.length).toBe(3);
    for (const statement of statements) {
      expect(statement).toContain("ON CLUSTER prod");
      await client.bytes(`EXPLAIN AST ${statement}`);
    }
  });

  test("a statement that nobody thought of is a fault that a test finds, not one that a cluster meets", () => {
    expect(() => of("EXCHANGE TABLES a AND b")).toThrow("no form for a cluster");
    for (const { statements, onlyEmbedded = false } of MIGRATIONS)
      if (!onlyEmbedded) for (const statement of statements) of(statement);
  });
});

test("one server takes the statements as they are", () => {
  expect(TABLES.flatMap((one) => statementsFor(one, undefined))).toEqual([...TABLES]);
});
