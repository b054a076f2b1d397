/** A store on two shards, which are real engines that speak ClickHouse's own protocol with each other. */
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TraceReader } from "../read/trace-reader.ts";
import { Store } from "../store.ts";
import { temporaryDirectory } from "../running-store.test-kit.ts";
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
