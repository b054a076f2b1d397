import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../running-store.test-kit.ts";
import { NEARBY, TRACE_STATEMENTS } from "../../schema/traces.ts";
import { ExportReader } from "./export-reader.ts";
import { spansInOrder } from "./span-order.ts";

let running: RunningStore;
beforeAll(async () => {
  running = await openStore();
});
afterAll(() => running.stop());

const FIRST = 1_760_000_000_000_000_000n;

/** Spans of two services and names, a second apart. */
async function insertSpans(): Promise<void> {
  await running.store.client.command(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ServiceName, SpanName)
     SELECT fromUnixTimestamp64Nano(toInt64(${FIRST}) + number * 1000000000), 'aa', leftPad(toString(number), 16, '0'),
       if(number % 3 = 0, 'a', 'b'), if(number % 2 = 0, 'x', 'y') FROM numbers(60)`,
  );
}

async function readType(): Promise<string | undefined> {
  const { client } = running.store;
  const { key } = await spansInOrder(client);
  const plan = await client.rows<readonly [string]>(
    `EXPLAIN indexes = 1 SELECT SpanId FROM otel_traces ORDER BY ${key.map(({ sql }) => sql).join(", ")} LIMIT 7`,
  );
  return plan.map(([line]) => /Read type: (\w+)/i.exec(line)?.[1]).find((type) => type !== undefined);
}

async function exportedIds(): Promise<string[]> {
  const ids: string[] = [];
  const reader = new ExportReader(running.store.client, { rows: 7, bytes: 20_000 });
  for await (const request of reader.requests("traces"))
    for (const [, id = ""] of JSON.stringify(request).matchAll(/"spanId":"(\w+)"/g)) ids.push(id);
  return ids;
}

test("pages of spans are read in the order of their table, be it the former one", async () => {
  const all = Array.from({ length: 60 }, (_, i) => String(i).padStart(16, "0"));
  await insertSpans();
  expect(await readType()).toBe("InOrder");
  expect((await exportedIds()).toSorted()).toEqual(all);

  const { client } = running.store;
  await client.command("DROP TABLE otel_traces SYNC");
  await client.command(TRACE_STATEMENTS[0]!.replace(`${NEARBY}, `, ""));
  await insertSpans();
  expect((await spansInOrder(client)).key).toHaveLength(4);
  expect(await readType()).toBe("InOrder");
  expect((await exportedIds()).toSorted()).toEqual(all);
});
