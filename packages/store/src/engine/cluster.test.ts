/** A store on two shards, which are real engines that speak ClickHouse's own protocol with each other. */
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FixedColumn, LowCardinalityColumn, StringColumn, type Column } from "../block/columns.ts";
import { nativeBlock } from "../block/native-block.ts";
import { TraceReader } from "../read/trace-reader.ts";
import { Store } from "../store.ts";
import { temporaryDirectory } from "../running-store.test-kit.ts";
import { FORMAT } from "../schema/migrations/index.ts";
import { startCluster, type RunningCluster } from "./cluster.test-kit.ts";
import { EngineClient } from "./engine-client.ts";

const START_NS = 1_760_000_000_000_000_000n;
let cluster: RunningCluster;
const directories = [temporaryDirectory(), temporaryDirectory()];
let stores: readonly Store[] = [];

beforeAll(async () => {
  cluster = await startCluster(2);
  // Without Keeper each node makes its own tables.
  stores = await Promise.all(
    cluster.servers.map((server, i) => Store.open({ directory: directories[i]!.path, server })),
  );
});

afterAll(async () => {
  for (const store of stores) await store.close();
  await cluster.stop();
  for (const directory of directories) directory.remove();
});

function traces(ids: readonly number[]): Payload {
  const spans = ids.flatMap((id) =>
    [1, 2, 3].map((span) => ({
      traceId: Buffer.from(id.toString(16).padStart(32, "0"), "hex"),
      spanId: Buffer.from(span.toString(16).padStart(16, "0"), "hex"),
      name: `span ${span}`,
      startTimeUnixNano: START_NS,
      endTimeUnixNano: START_NS + 1_000n,
    })),
  );
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

async function countsByShard(table: string): Promise<number[]> {
  const counts: number[] = [];
  for (const node of cluster.nodes) {
    const client = new EngineClient(node.endpoint);
    const [[count] = ["0"]] = await client.rows<readonly [string]>(`SELECT count() FROM ${table}_local`);
    counts.push(Number(count));
    await client.close();
  }
  return counts;
}

test("spans stand on both shards, those of a trace on one, and are read from either node", async () => {
  await stores[0]!.write(traces(Array.from({ length: 100 }, (_unused, i) => i + 1)));
  await stores[0]!.flush();
  const counts = await countsByShard("otel_traces");
  expect(counts.reduce((a, b) => a + b)).toBe(300);
  for (const count of counts) expect([count > 0, count % 3]).toEqual([true, 0]);
  const window = { startUnixNano: START_NS, endUnixNano: START_NS + 1n };
  for (const store of stores) {
    const found = await new TraceReader(store.client).search({ window }, 1_000);
    expect(found.length).toBe(100);
  }
});

test("a shard that dies while an insert is under way costs a wait: nothing is missing, nothing is there twice, in views neither", async () => {
  const [store] = stores;
  const before = await totals(store);
  for (let round = 0; round < 4; round++) {
    const node = cluster.nodes[round % 2];
    const writing = store?.write(traces(Array.from({ length: 50 }, (_unused, i) => 1_000 * (round + 1) + i)));
    process.kill(node?.pid ?? 0, "SIGKILL");
    await writing;
    await store?.flush();
  }
  const after = await totals(store);
  expect(after.spans - before.spans).toBe(4 * 50 * 3);
  expect(after.inView - before.inView).toBe(4 * 50 * 3);
});

/** Once more each, under the same token, as after a crash between the insert and the removal of the spool's file. */
test("a block that is sent again is not there twice, on any shard, in views neither", async () => {
  const [store] = stores;
  const before = await totals(store);
  const block = nativeBlock(columnsOf(20));
  const target = "otel_traces (Timestamp, TraceId, SpanName)";
  for (let i = 0; i < 3; i++) await store?.client.insertNative(target, block, "token of a test");
  const after = await totals(store);
  expect(after.spans - before.spans).toBe(20);
  expect(after.inView - before.inView).toBe(20);
});

function columnsOf(rows: number): Record<string, Column> {
  const Timestamp = new FixedColumn("DateTime64(9)", 8);
  const TraceId = new StringColumn();
  const SpanName = new LowCardinalityColumn();
  for (let i = 0; i < rows; i++) {
    Timestamp.values.u64(Number(START_NS));
    TraceId.addText(`again ${i}`);
    SpanName.addText("again");
  }
  return { Timestamp, TraceId, SpanName };
}

async function totals(store: Store | undefined): Promise<{ spans: number; inView: number }> {
  const one = async (query: string): Promise<number> =>
    Number((await store?.client.rows<readonly [string]>(query))?.[0]?.[0]);
  return {
    spans: await one("SELECT count() FROM otel_traces"),
    inView: await one("SELECT sum(Spans) FROM span_durations"),
  };
}

test("many programs that start against a new database at once all come up, on one format", async () => {
  const server = { ...cluster.servers[0]!, cluster: undefined, database: "together" };
  const own = Array.from({ length: 4 }, () => temporaryDirectory());
  const opened = await Promise.all(own.map(({ path }) => Store.open({ directory: path, server })));
  const [[formats] = [""]] = await opened[0]!.client.rows<readonly [string]>(
    "SELECT arrayStringConcat(groupUniqArray(toString(Format)), ',') FROM clew_format",
  );
  expect(formats).toBe(String(FORMAT));
  await Promise.all(opened.map((store, i) => store.write(traces([i + 1]))));
  await Promise.all(opened.map((store) => store.flush()));
  expect(await totals(opened[0])).toEqual({ spans: 12, inView: 12 });
  for (const store of opened) await store.close();
  for (const directory of own) directory.remove();
});

test("a database with the Collector exporter's tables is not touched, and one of a newer format neither", async () => {
  const own = temporaryDirectory();
  const client = new EngineClient(cluster.nodes[0]!.endpoint);
  for (const database of ["foreign", "newer"]) await client.command(`CREATE DATABASE ${database}`);
  await client.command("CREATE TABLE foreign.otel_logs (Body String) ENGINE = MergeTree ORDER BY Body");
  await client.command("CREATE TABLE newer.clew_format (Format UInt32) ENGINE = MergeTree ORDER BY Format");
  await client.command(`INSERT INTO newer.clew_format VALUES (${FORMAT + 1})`);
  await client.close();
  const open = (database: string): Promise<Store> =>
    Store.open({ directory: own.path, server: { ...cluster.servers[0]!, cluster: undefined, database } });
  await expect(open("foreign")).rejects.toMatchObject({
    code: "STORE_ENGINE_FAILED",
    what: expect.stringContaining("otel_logs"),
  });
  await expect(open("newer")).rejects.toMatchObject({ code: "STORE_FORMAT_NEWER" });
  own.remove();
});

test("a cluster that the server does not know is named with those that it knows", async () => {
  const own = temporaryDirectory();
  const server = { ...cluster.servers[0]!, cluster: "nowhere" };
  await expect(Store.open({ directory: own.path, server })).rejects.toMatchObject({
    code: "STORE_ENGINE_FAILED",
    what: expect.stringMatching(/no cluster nowhere \(but .*shards/),
  });
  own.remove();
});
