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

test("whole traces come out once each, however many fit on a page", async () => {
  const time = DAY + 300n * NANOS_PER_DAY;
  const window = { startUnixNano: time, endUnixNano: time + NANOS_PER_DAY };
  const traceIds = Array.from({ length: 1_200 }, () => randomBytes(16));
  const spans = traceIds.flatMap((traceId, i) =>
    [0n, 1_000_000n].map((later) => ({
      traceId,
      spanId: randomBytes(8),
      startTimeUnixNano: time + BigInt(i) * 1_000n + later,
      endTimeUnixNano: time + BigInt(i) * 1_000n + later,
    })),
  );
  const object = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  await running.store.flush();
  const found = await collected(new ExportReader(running.store.client).wholeTraces({ window }));
  expect(found.map(({ traceId }) => traceId).toSorted(byText)).toEqual(
    traceIds.map((id) => id.toString("hex")).toSorted(byText),
  );
  for (const { resourceSpans } of found) expect([...within({ resourceSpans }, ...NAMES.traces)]).toHaveLength(2);
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
