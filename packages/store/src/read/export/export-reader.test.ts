/** Exports: all that is stored comes out once, in pages of any size, and comes back as itself. */
import { randomBytes } from "node:crypto";
import { encode, payloadOf, payloadOfJson, PROTOCOLS, SIGNALS, type Signal } from "@clew/otlp";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arbitraryMessage } from "../../../../otlp/src/arbitrary-requests.test-kit.ts";
import { flattened, sortedBy, type Json } from "../../round-trip.test-kit.ts";
import { openStore, type RunningStore } from "../../running-store.test-kit.ts";
import { ExportReader, type ExportFilter, type JsonRequest } from "./export-reader.ts";
import type { PageLimits } from "./key-pages.ts";

const DAY = 1_760_000_000_000_000_000n;
const NANOS_PER_DAY = 86_400_000_000_000n;
const SMALL: PageLimits = { rows: 7, bytes: 20_000 };
const NAMES: Readonly<Record<Signal, readonly [list: string, scopes: string, records: string]>> = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
};

let running: RunningStore;
let other: RunningStore;

beforeAll(async () => {
  [running, other] = await Promise.all([openStore(), openStore()]);
});
afterAll(async () => {
  await Promise.all([running.stop(), other.stop()]);
});

async function exported(
  signal: Signal,
  { store, limits, ...filter }: ExportFilter & { store: RunningStore; limits?: PageLimits },
): Promise<JsonRequest[]> {
  return collected(new ExportReader(store.store.client, limits).requests(signal, filter));
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Every record, or every point, with all that stands around it, in one order. */
function records(signal: Signal, requests: readonly Json[]): Json[] {
  const [list, scopes, inner] = NAMES[signal];
  const flat = requests.flatMap((request) => flattened(request[list], [scopes, inner]));
  return sortedBy(signal === "metrics" ? flat.flatMap(pointsOf) : flat, (one) => JSON.stringify(one));
}

function pointsOf({ record, ...around }: Json): Json[] {
  const kind = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"].find((one) => one in record);
  if (kind === undefined) return [];
  const { dataPoints, ...data } = record[kind];
  return dataPoints.map((point: Json) => ({ ...around, record: { ...record, [kind]: data }, point }));
}

function* within(request: Json, ...names: readonly string[]): Iterable<Json> {
  const [name, ...rest] = names;
  if (name === undefined) yield request;
  else for (const item of request?.[name] ?? []) yield* within(item, ...rest);
}

function timeIn(value: Json): bigint {
  return DAY + (((value ?? 0n) as bigint) % NANOS_PER_DAY);
}

/** Brings arbitrary times into a few days: each makes a part of its own in the engine. */
function settle(signal: Signal, request: Json): void {
  for (const record of within(request, ...NAMES[signal])) {
    record.startTimeUnixNano = timeIn(record.startTimeUnixNano);
    record.timeUnixNano = timeIn(record.timeUnixNano);
    for (const data of [record.gauge, record.sum, record.histogram, record.exponentialHistogram, record.summary])
      for (const point of within(data, "dataPoints")) {
        point.timeUnixNano = timeIn(point.timeUnixNano);
        for (const exemplar of point.exemplars ?? []) exemplar.timeUnixNano = timeIn(exemplar.timeUnixNano);
      }
  }
}

test.each(SIGNALS)("%s that were exported and stored elsewhere are exported there as the same", async (signal) => {
  const { request } = PROTOCOLS[signal];
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryMessage(request), { minLength: 25, maxLength: 25 }), async (requests) => {
      for (const object of requests) {
        settle(signal, object);
        await running.store.write(payloadOf(signal, encode(request, object)));
      }
      await running.store.flush();
    }),
    { numRuns: 1 },
  );
  const whole = await exported(signal, { store: running });
  expect(records(signal, whole).length).toBeGreaterThan(0);
  const parted = await exported(signal, { store: running, limits: SMALL });
  expect(parted.length).toBeGreaterThanOrEqual(whole.length);
  expect(records(signal, parted)).toEqual(records(signal, whole));
  for (const one of parted) await other.store.write(payloadOfJson(signal, JSON.stringify(one)));
  await other.store.flush();
  expect(records(signal, await exported(signal, { store: other }))).toEqual(records(signal, whole));
});

test("exemplars that came without a sample come out in a point that is none, and beside samples once", async () => {
  const time = DAY + 90n * NANOS_PER_DAY;
  const attributes = [{ key: "le", value: { stringValue: "1" } }];
  const exemplar = (value: number): object => ({ asDouble: value, timeUnixNano: time + 5n });
  const lone = (at: bigint, ...values: readonly number[]): object => {
    return { flags: 0x4_0000, timeUnixNano: at, attributes, exemplars: values.map(exemplar) };
  };
  const sample = { asDouble: 1, timeUnixNano: time + 1n, attributes, exemplars: [exemplar(1)] };
  const metadata = [{ key: "prometheus.translation_strategy", value: { stringValue: "NoTranslation" } }];
  const dataPoints = [sample, lone(time, 2, 3), lone(time + 1n, 4)];
  const metrics = [{ name: "lone_bucket", gauge: { dataPoints }, metadata }];
  const request = encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  await running.store.write(payloadOf("metrics", request));
  await running.store.flush();
  const window = { startUnixNano: time, endUnixNano: time + 10n };
  for (const limits of [undefined, { rows: 1, bytes: 1 }]) {
    const found = records("metrics", await exported("metrics", { store: running, window, ...(limits && { limits }) }));
    const all = found.map(({ point }) => point);
    const values = all.flatMap(({ exemplars }) => exemplars.map((one: Json) => String(one.asDouble)));
    expect(values.sort(byText)).toEqual(["1", "2", "3", "4"]);
    expect(all.filter(({ asDouble }) => asDouble !== undefined)).toHaveLength(1);
    expect(all.filter(({ flags }) => flags === 0x4_0000).every((one) => one.timeUnixNano === `${time}`)).toBe(true);
  }
});

test("exemplars of one time come in one order, and once, wherever a page ends between points of one time", async () => {
  const time = DAY + 60n * NANOS_PER_DAY;
  for (const stringValue of ["c", "a", "d", "b"]) {
    const filteredAttributes = [{ key: "which", value: { stringValue } }];
    const dataPoints = [
      { asInt: 1n, timeUnixNano: time, exemplars: [{ asInt: 7n, timeUnixNano: time, filteredAttributes }] },
    ];
    const metrics = [{ name: "came.again", gauge: { dataPoints } }];
    const request = encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    await running.store.write(payloadOf("metrics", request));
    await running.store.flush();
  }
  const window = { startUnixNano: time, endUnixNano: time + 1n };
  const found = [undefined, { rows: 1, bytes: 1 }, { rows: 3, bytes: 20_000 }].map(async (limits) => {
    const all = records("metrics", await exported("metrics", { store: running, window, ...(limits && { limits }) }));
    return all.flatMap(({ point }) => point.exemplars ?? []);
  });
  const [whole, ...parted] = await Promise.all(found);
  expect(whole).toHaveLength(4);
  for (const one of parted) expect(one).toEqual(whole);
});

async function log(body: string, timeUnixNano: bigint, traceId?: Uint8Array): Promise<void> {
  const record = { timeUnixNano, body: { stringValue: body }, ...(traceId === undefined ? {} : { traceId }) };
  const object = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
  await running.store.write(payloadOf("logs", encode(PROTOCOLS.logs.request, object)));
}

function bodies(requests: readonly Json[]): string[] {
  return requests.flatMap((request) => [...within(request, ...NAMES.logs)]).map(({ body }) => body?.stringValue);
}

test("more records of one nanosecond than a page takes come out once each", async () => {
  const time = DAY + 100n * NANOS_PER_DAY;
  const sent = Array.from({ length: 40 }, (_unused, i) => `same ${String(i).padStart(2, "0")}`);
  await Promise.all([...sent, "large ".repeat(10_000)].map((body) => log(body, time)));
  await running.store.flush();
  const window = { startUnixNano: time, endUnixNano: time + 1n };
  const found = bodies(await exported("logs", { store: running, limits: SMALL, window }));
  expect(found.filter((body) => body.startsWith("same")).sort()).toEqual(sent);
  expect(found).toHaveLength(41);
});

test("records that are large end a page before its rows are full", async () => {
  const time = DAY + 150n * NANOS_PER_DAY;
  const sent = Array.from({ length: 60 }, (_unused, i) => String(i).padStart(2, "0") + "x".repeat(200_000));
  for (const [i, body] of sent.entries()) await log(body, time + BigInt(i));
  await running.store.flush();
  const window = { startUnixNano: time, endUnixNano: time + NANOS_PER_DAY };
  const found = await exported("logs", { store: running, window });
  expect(bodies(found)).toEqual(sent);
  expect(Math.max(...found.map((one) => bodies([one]).length))).toBeLessThan(sent.length);
});

test("a window and traces choose what comes out", async () => {
  const time = DAY + 200n * NANOS_PER_DAY;
  const traceId = randomBytes(16);
  await log("before", time - 1n, traceId);
  await log("first", time, traceId);
  await log("other", time + 1n);
  await log("last", time + NANOS_PER_DAY - 1n, traceId);
  await log("behind", time + NANOS_PER_DAY, traceId);
  await running.store.flush();
  const window = { startUnixNano: time, endUnixNano: time + NANOS_PER_DAY };
  expect(bodies(await exported("logs", { store: running, window }))).toEqual(["first", "other", "last"]);
  const traceIds = [traceId.toString("hex")];
  expect(bodies(await exported("logs", { store: running, window, traceIds }))).toEqual(["first", "last"]);
});

test("times that no clock shows come out as they came in", async () => {
  const traceId = randomBytes(16);
  await log("no time at all", 0n, traceId);
  await log("the last nanosecond", 2n ** 64n - 1n, traceId);
  await running.store.flush();
  const traceIds = [traceId.toString("hex")];
  const found = await exported("logs", { store: running, traceIds });
  const times = found.flatMap((one) => [...within(one, ...NAMES.logs)]).map(({ timeUnixNano }) => timeUnixNano);
  expect(times).toContain("18446744073709551615");
  expect(bodies(found).sort()).toEqual(["no time at all", "the last nanosecond"]);
});

test("whole traces come out once each, however many there are and whichever hours they have spans in", async () => {
  const hour = 3_600_000_000_000n;
  const start = (DAY / NANOS_PER_DAY + 300n) * NANOS_PER_DAY;
  const window = { startUnixNano: start + hour / 2n, endUnixNano: start + 3n * hour + hour / 2n };
  const starting = (...times: readonly bigint[]): readonly bigint[] => times;
  const inside = Array.from({ length: 2_600 }, (_unused, i) => starting(start + hour + BigInt(i), start + hour + 1n));
  const partly = [
    starting(window.startUnixNano, start + 2n * hour, start - 5n * hour),
    starting(start + 2n * hour, start + 3n * hour, window.endUnixNano),
    starting(start + 2n * hour, window.endUnixNano),
  ];
  const outside = [starting(start), starting(window.endUnixNano, start - 1n), starting(window.startUnixNano - 1n)];
  const traces = [...inside, ...partly, ...outside].map((times) => ({ traceId: randomBytes(16), times }));
  const spans = traces.flatMap(({ traceId, times }) =>
    times.map((time) => ({ traceId, spanId: randomBytes(8), startTimeUnixNano: time, endTimeUnixNano: time })),
  );
  const object = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  await running.store.flush();

  const found = await collected(new ExportReader(running.store.client).wholeTraces({ window }));
  const wanted = traces.slice(0, inside.length + partly.length);
  const counted = found.map(({ traceId, resourceSpans }) => {
    const count = [...within({ resourceSpans }, ...NAMES.traces)].length;
    return `${traceId} ${count}`;
  });
  expect(counted.toSorted(byText)).toEqual(
    wanted.map(({ traceId, times }) => `${traceId.toString("hex")} ${times.length}`).toSorted(byText),
  );
});

test("whole traces of any length come out newest first, by their first span in the window, with what is outside of it", async () => {
  const time = 3_600_000_000_000n * (DAY / 3_600_000_000_000n) + 400n * NANOS_PER_DAY;
  const minutes = (count: number): bigint => BigInt(Math.round(count * 60_000)) * 1_000_000n;
  // Every ninth lasts for hours, every thousandth has a span at a time that no clock shows.
  const times = new Map<string, readonly bigint[]>(
    Array.from({ length: 7_000 }, (_unused, i): [string, bigint[]] => {
      const first = time + minutes((i * 37) % 180) + BigInt(i);
      const lastsMinutes = i % 9 === 0 ? (i * 13) % 150 : 0.001;
      const far = i % 1_000 === 3 ? [i % 2_000 === 3 ? 5n : 2n ** 64n - 7n] : [];
      return [randomBytes(16).toString("hex"), [first, first + minutes(lastsMinutes), ...far]];
    }),
  );
  const spans = [...times].flatMap(([traceId, starts]) =>
    starts.map((startTimeUnixNano) => ({
      traceId: Buffer.from(traceId, "hex"),
      spanId: randomBytes(8),
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano,
    })),
  );
  const object = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  await running.store.flush();
  const window = { startUnixNano: time + minutes(20.5), endUnixNano: time + minutes(170.25) };
  const wanted = [...times].flatMap(([traceId, starts]) => {
    const first = starts.find((one) => one >= window.startUnixNano && one < window.endUnixNano);
    return first === undefined ? [] : [{ traceId, first, spans: starts.length }];
  });
  wanted.sort((a, b) => (a.first === b.first ? byText(b.traceId, a.traceId) : a.first > b.first ? -1 : 1));
  const found = await collected(new ExportReader(running.store.client).wholeTraces({ window }));
  expect(found.map(({ traceId }) => traceId)).toEqual(wanted.map(({ traceId }) => traceId));
  expect(found.map(({ resourceSpans }) => [...within({ resourceSpans }, ...NAMES.traces)].length)).toEqual(
    wanted.map((one) => one.spans),
  );
});

test("very many traces of one second, beside one of very many spans, come out once each", async () => {
  const time = DAY + 500n * NANOS_PER_DAY;
  const span = (traceId: Buffer, startTimeUnixNano: bigint): object => ({
    traceId,
    spanId: randomBytes(8),
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano,
  });
  const long = randomBytes(16);
  const parts = [
    Array.from({ length: 22_000 }, (_unused, i) => span(long, time + BigInt(i) * 100_000_000n)),
    Array.from({ length: 7_000 }, (_unused, i) => span(randomBytes(16), time + 600_000_000_000n + BigInt(i))),
  ];
  for (const spans of parts) {
    const object = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
    await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  }
  await running.store.flush();
  const window = { startUnixNano: time, endUnixNano: time + NANOS_PER_DAY };
  const sizes = new Map<string, number>();
  for await (const { traceId, resourceSpans } of new ExportReader(running.store.client).wholeTraces({ window })) {
    expect(sizes.has(traceId)).toBe(false);
    sizes.set(traceId, [...within({ resourceSpans }, ...NAMES.traces)].length);
  }
  expect(sizes.size).toBe(7_001);
  expect(sizes.get(long.toString("hex"))).toBe(22_000);
  expect([...sizes.values()].filter((size) => size === 1).length).toBe(7_000);
});
