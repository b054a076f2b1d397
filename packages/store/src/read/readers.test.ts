/** Searches: what each filter finds, and that pages hold everything once. */
import { randomBytes } from "node:crypto";
import { encode, payloadOf, PROTOCOLS, type Signal } from "@clew/otlp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";
import { Conditions } from "./conditions.ts";
import type { LogCursor } from "./log-places.ts";
import { LogReader, type LogFilter, type StoredLog } from "./log-reader.ts";
import { OverviewReader } from "./overview-reader.ts";
import { seriesStatistics } from "./series-statistics.ts";
import { TraceReader, type SpanFilter, type TraceCursor } from "./trace-reader.ts";

const START = 1_760_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const window = { startUnixNano: START, endUnixNano: START + 100n * SECOND };

let running: RunningStore;
let traces: TraceReader;
let logs: LogReader;

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const resourceOf = (service: string): object => ({
  attributes: [text("service.name", service), text("host", `${service}-host`)],
});

async function send(signal: Signal, request: object): Promise<void> {
  await running.store.write(payloadOf(signal, encode(PROTOCOLS[signal].request, request)));
}

interface TestSpan {
  readonly trace: number;
  readonly name: string;
  readonly atSecond: number;
  readonly durationMs?: number;
  readonly kind?: number;
  readonly error?: boolean;
  readonly parent?: Uint8Array;
  readonly attributes?: readonly object[];
}

const traceIdOf = (trace: number): Uint8Array => Buffer.from(trace.toString(16).padStart(32, "0"), "hex");

function spanOf({
  trace,
  name,
  atSecond,
  durationMs = 1,
  kind = 1,
  error = false,
  parent,
  attributes = [],
}: TestSpan): object {
  const startTimeUnixNano = START + BigInt(atSecond) * SECOND;
  return {
    traceId: traceIdOf(trace),
    spanId: randomBytes(8),
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + BigInt(durationMs) * 1_000_000n,
    status: error ? { code: 2, message: "no" } : {},
    attributes,
  };
}

beforeAll(async () => {
  running = await openStore();
  traces = new TraceReader(running.store.client);
  logs = new LogReader(running.store.client);
  await send("traces", {
    resourceSpans: [
      {
        resource: resourceOf("shop"),
        scopeSpans: [
          {
            spans: [
              spanOf({
                trace: 1,
                name: "GET /",
                atSecond: 1,
                durationMs: 50,
                kind: 2,
                attributes: [text("user", "ann"), text("code", "200")],
              }),
              spanOf({
                trace: 2,
                name: "POST /",
                atSecond: 2,
                durationMs: 500,
                kind: 2,
                error: true,
                attributes: [text("user", "bob")],
              }),
              spanOf({ trace: 3, name: "tick", atSecond: 3 }),
            ],
          },
        ],
      },
      {
        resource: resourceOf("stock"),
        scopeSpans: [
          {
            spans: [spanOf({ trace: 1, name: "reserve", atSecond: 1, durationMs: 5, kind: 3, parent: randomBytes(8) })],
          },
        ],
      },
      // No trace id: kept, but part of no trace.
      { scopeSpans: [{ spans: [{ spanId: randomBytes(8), name: "lost", startTimeUnixNano: START + SECOND }] }] },
    ],
  });
  await send("logs", {
    resourceLogs: [
      {
        resource: resourceOf("shop"),
        scopeLogs: [
          {
            logRecords: [
              logOf(1, 9, "User Ann logged in", { traceId: traceIdOf(1), attributes: [text("user", "ann")] }),
              logOf(2, 17, "payment failed: card declined", { spanId: Buffer.from("0102030405060708", "hex") }),
              logOf(3, 5, "100% done"),
            ],
          },
        ],
      },
      { resource: resourceOf("stock"), scopeLogs: [{ logRecords: [logOf(4, 0, "ÄRGER im Lager")] }] },
    ],
  });
  await running.store.flush();
});

afterAll(async () => {
  await running.stop();
});

function logOf(atSecond: number, severityNumber: number, stringValue: string, more: object = {}): object {
  return { timeUnixNano: START + BigInt(atSecond) * SECOND, severityNumber, body: { stringValue }, ...more };
}

describe("traces", () => {
  test.each<[string, Partial<SpanFilter>, number[]]>([
    ["everything, newest first", {}, [3, 2, 1]],
    ["a service", { service: "stock" }, [1]],
    ["an operation", { operation: "POST /" }, [2]],
    ["a kind", { kind: 2 }, [2, 1]],
    ["a least duration", { minDurationNanos: 50_000_000n }, [2, 1]],
    ["a greatest duration", { maxDurationNanos: 1_000_000n }, [3]],
    ["errors", { errorsOnly: true }, [2]],
    ["an attribute", { attributes: [{ key: "user", operator: "=", value: "ann" }] }, [1]],
    [
      "an attribute that is not so, or not there",
      { service: "shop", attributes: [{ key: "user", operator: "!=", value: "ann" }] },
      [3, 2],
    ],
    ["an attribute by a pattern", { attributes: [{ key: "user", operator: "=~", value: "^(ann|bob)$" }] }, [2, 1]],
    [
      "an attribute against a pattern",
      { service: "shop", attributes: [{ key: "user", operator: "!~", value: "b" }] },
      [3, 1],
    ],
    ["an attribute that is there", { attributes: [{ key: "code", operator: "exists", value: "" }] }, [1]],
    ["an attribute of the resource", { attributes: [{ key: "host", operator: "=", value: "stock-host" }] }, [1]],
    ["several conditions on one span", { service: "shop", errorsOnly: true, kind: 2 }, [2]],
    ["a part of the time", { window: { startUnixNano: START + 2n * SECOND, endUnixNano: START + 3n * SECOND } }, [2]],
    ["an empty value where there is none", { attributes: [{ key: "none", operator: "=", value: "" }] }, []],
  ])("are found by %s", async (_name, filter, expected) => {
    const found = await traces.search({ window, ...filter }, 10);
    expect(found.map(({ traceId }) => Number.parseInt(traceId, 16))).toEqual(expected);
  });

  test("come in pages that hold each once", async () => {
    const found: number[] = [];
    let after: TraceCursor | undefined;
    do {
      const page: TraceCursor[] = await traces.search({ window }, 1, after);
      found.push(...page.map(({ traceId }) => Number.parseInt(traceId, 16)));
      after = page.at(-1);
    } while (after !== undefined);
    expect(found).toEqual([3, 2, 1]);
  });

  test("are summed up by their services and root", async () => {
    const ids = [1, 2].map((trace) => Buffer.from(traceIdOf(trace)).toString("hex"));
    expect(await traces.summaries(ids, window)).toMatchObject([
      {
        rootService: "shop",
        rootOperation: "GET /",
        durationNanos: "50000000",
        spanCount: 2,
        errorCount: 0,
        services: [
          { name: "shop", spanCount: 1, errorCount: 0 },
          { name: "stock", spanCount: 1, errorCount: 0 },
        ],
      },
      { rootOperation: "POST /", errorCount: 1 },
    ]);
  });

  test("know their services and operations", async () => {
    expect(await traces.services()).toEqual(["shop", "stock"]);
    expect(await traces.operations("shop")).toEqual([
      { name: "GET /", kind: 2 },
      { name: "POST /", kind: 2 },
      { name: "tick", kind: 1 },
    ]);
    expect(await traces.operations("shop", 1)).toEqual([{ name: "tick", kind: 1 }]);
  });
});

/** A trace that a cluster of two shards keeps on its first, the one whose plan the test can see. */
const ON_FIRST_SHARD = "ab";

test.each([
  ["otel_traces", "SpanAttributes", "1/6"],
  ["otel_logs", "LogAttributes", "1/3"],
])(
  "a rare value of an attribute is looked up in %s: of many granules those that may have it are read",
  async (table, map, read) => {
    const { client } = running.store;
    await client.command(
      `INSERT INTO ${table} (Timestamp, TraceId, ${map}, ResourceAttributes)
     SETTINGS distributed_foreground_insert = 1
     SELECT toDateTime64('2020-01-01 00:00:00', 9) + number, '${ON_FIRST_SHARD}', map('n', toString(number)), map('host', 'h') FROM numbers(3000)`,
    );
    const conditions = new Conditions()
      .add("toDate(Timestamp) = '2020-01-01'")
      .attribute({ key: "n", operator: "=", value: "2999" }, [map, "ResourceAttributes"], true);
    const plan = await client.rows<readonly [string]>(
      `EXPLAIN indexes = 1 SELECT TraceId FROM ${table} WHERE ${conditions.where}`,
      conditions.parameters,
    );
    const granules = plan.flatMap(([line]) => /Granules: (\d+\/\d+)/.exec(line)?.[1] ?? []);
    expect(granules.at(-1)).toBe(read);
  },
);

describe("logs", () => {
  const ann = "User Ann logged in";
  const failed = "payment failed: card declined";
  const done = "100% done";
  const trouble = "ÄRGER im Lager";

  test.each<[string, Partial<LogFilter>, string[]]>([
    ["everything, newest first", {}, [trouble, done, failed, ann]],
    ["words in any order and case", { text: "IN user" }, [ann]],
    ["a phrase", { text: '"card declined"' }, [failed]],
    ["a phrase whose first and last words are cut off", { text: '"ard decline"' }, [failed]],
    ["a part of a word only where that is said", { text: "*eclin*" }, [failed]],
    ["a word is not a part of another", { text: "eclin" }, []],
    ["a phrase that does not stand so", { text: '"declined card"' }, []],
    ["letters with marks, in any case", { text: "ärger" }, [trouble]],
    ["signs that SQL gives a meaning", { text: "100%" }, [done]],
    ["services", { services: ["stock", "nobody"] }, [trouble]],
    ["a least severity", { minSeverity: 9 }, [failed, ann]],
    ["a trace", { traceId: "00000000000000000000000000000001" }, [ann]],
    ["spans", { spanIds: ["0102030405060708"] }, [failed]],
    ["an attribute", { attributes: [{ key: "user", operator: "=", value: "ann" }] }, [ann]],
    ["an attribute of the resource", { attributes: [{ key: "host", operator: "=~", value: "^stock" }] }, [trouble]],
    [
      "a part of the time",
      { window: { startUnixNano: START + 2n * SECOND, endUnixNano: START + 4n * SECOND } },
      [done, failed],
    ],
  ])("are found by %s", async (_name, filter, expected) => {
    const found = await logs.search({ window, ...filter }, 10);
    expect(found.map(({ bodyText }) => bodyText)).toEqual(expected);
  });

  test("are counted by severity over time", async () => {
    const none = [0, 0, 0, 0, 0, 0, 0];
    expect(await logs.histogram({ window }, 50)).toEqual([
      { startUnixNano: String(START), counts: none.with(3, 1) },
      { startUnixNano: String(START + 2n * SECOND), counts: none.with(2, 1).with(5, 1) },
      { startUnixNano: String(START + 4n * SECOND), counts: none.with(0, 1) },
    ]);
    expect(await logs.services({ window })).toEqual([
      { name: "shop", count: 3 },
      { name: "stock", count: 1 },
    ]);
  });

  describe.each([
    ["few of one time", 3, 3],
    ["more of one time than are asked for at once", 150, 40],
    ["a time that ends with a page", 7, 5],
  ])("come in pages that hold each once: %s", (what, count, size) => {
    const second = count * 1_000 + 1;
    const start = START + BigInt(second - 1) * SECOND;
    const filter = { window: { startUnixNano: start, endUnixNano: start + 100n * SECOND } };

    beforeAll(async () => {
      const alike = Array.from({ length: 7 }, () => logOf(second, 9, "tick"));
      const others = Array.from({ length: count }, (_, i) => logOf(second, 9, `${what} ${i}`));
      const around = [logOf(second - 1, 9, "first"), logOf(second + 1, 9, "last")];
      await send("logs", { resourceLogs: [{ scopeLogs: [{ logRecords: [...alike, ...around, ...others] }] }] });
      await running.store.flush();
    });

    test.each([
      ["newest first", false, false],
      ["oldest first", true, false],
      ["newest first, of a cluster", false, true],
      ["oldest first, of a cluster", true, true],
    ])("%s", async (_, oldestFirst, isDistributed) => {
      const reader = new LogReader(running.store.client, isDistributed);
      const all = await logs.search(filter, 1_000, { oldestFirst });
      expect(all).toHaveLength(count + 9);
      const cursors = all.map(({ cursor }) => `${cursor.timeUnixNano} ${cursor.hash} ${cursor.repeat}`);
      expect(new Set(cursors).size).toBe(all.length);
      const paged: StoredLog[] = [];
      let after: LogCursor | undefined;
      do {
        const page = await reader.search(filter, size, { after, oldestFirst });
        paged.push(...page);
        after = page.length < size ? undefined : page.at(-1)?.cursor;
      } while (after !== undefined);
      expect(paged).toEqual(all);
      expect(paged.map(({ bodyText }) => bodyText).at(oldestFirst ? -1 : 0)).toBe("last");
    });
  });
});

test("the overview tells who sent how much, and how it went", async () => {
  const overview = new OverviewReader(running.store.client);
  const services = await overview.services(window);
  expect(services.find(({ service }) => service === "shop")).toMatchObject({
    spans: 3,
    requests: 3,
    errors: 1,
    logs: 3,
    errorLogs: 1,
    lastSeenUnixNano: String(START + 3n * SECOND),
  });
  expect(await overview.operations("shop", window)).toContainEqual(
    expect.objectContaining({ name: "POST /", requests: 1, errors: 1, p50Nanos: 500_000_000 }),
  );
  const activity = await overview.activity(window, 100);
  expect(activity[0]).toEqual({
    startUnixNano: String(START + SECOND),
    spans: 3,
    errorSpans: 0,
    logs: 1,
    errorLogs: 0,
  });
});

test("statistics of series count names, labels and pairs of both, the most numerous first", async () => {
  const DAY_MS = 1_600_000_000_000;
  const point = (route: string, second: number): object => ({
    asInt: 1n,
    timeUnixNano: BigInt(DAY_MS + second * 1_000) * 1_000_000n,
    attributes: [text("route", route)],
  });
  const gauge = (name: string, ...dataPoints: readonly object[]): object => ({ name, gauge: { dataPoints } });
  const metrics = [gauge("many", point("/a", 1), point("/b", 2), point("/a", 3)), gauge("few", point("/a", 4))];
  await send("metrics", { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  await running.store.flush();
  const { client } = running.store;
  const around = { startMs: DAY_MS - 10_000, endMs: DAY_MS + 10_000 };
  expect(await seriesStatistics(client, around, 2)).toEqual({
    series: 3,
    labelPairs: 4,
    parts: expect.any(Number) as number,
    firstMs: DAY_MS + 1_000,
    lastMs: DAY_MS + 4_000,
    seriesByName: [
      { name: "many", value: 2 },
      { name: "few", value: 1 },
    ],
    valuesByLabel: [
      { name: "__name__", value: 2 },
      { name: "route", value: 2 },
    ],
    bytesByLabel: [
      { name: "__name__", value: 11 },
      { name: "route", value: 6 },
    ],
    seriesByPair: [
      { name: "__name__=many", value: 2 },
      { name: "route=/a", value: 2 },
    ],
  });
  const nothing = { startMs: 1, endMs: 2 };
  expect(await seriesStatistics(client, nothing, 2)).toMatchObject({ series: 0, firstMs: undefined, seriesByName: [] });
});
