/** What came in goes out again unchanged, through the real engine. */
import { randomBytes } from "node:crypto";
import { payloadOf, PROTOCOLS, encode } from "@clew/otlp";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arbitraryMessage } from "../../otlp/src/arbitrary-requests.test-kit.ts";
import { LogReader } from "./read/log-reader.ts";
import { MetricPointReader } from "./read/metric-points.ts";
import { TraceReader } from "./read/trace-reader.ts";
import {
  canonicalAttributes,
  canonicalResource,
  canonicalScope,
  canonicalValue,
  flattened,
  sentJson,
  sortedBy,
  type Json,
} from "./round-trip.test-kit.ts";
import { openStore, type RunningStore } from "./running-store.test-kit.ts";

const RUNS = { numRuns: 2, endOnFailure: true };
const ALL_TIME = { startUnixNano: 0n, endUnixNano: 9_000_000_000_000_000_000n };
/** Every day makes a part of its own in the engine, so arbitrary times are of a few days. */
const DAY = 1_760_000_000_000_000_000n;

let running: RunningStore;

beforeAll(async () => {
  running = await openStore();
});

afterAll(async () => {
  await running.stop();
});

function timeIn(value: Json): bigint {
  return DAY + (((value ?? 0n) as bigint) % 86_400_000_000_000n);
}

function* recordsOf(request: Json, ...names: readonly string[]): Iterable<Json> {
  const [name, ...rest] = names;
  if (name === undefined) yield request;
  else for (const item of request[name] ?? []) yield* recordsOf(item, ...rest);
}

test("spans, with every field that OTLP has", async () => {
  const { request } = PROTOCOLS.traces;
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryMessage(request), { minLength: 25, maxLength: 25 }), async (requests) => {
      const traceId = randomBytes(16);
      for (const object of requests) {
        for (const span of recordsOf(object, "resourceSpans", "scopeSpans", "spans")) {
          span.traceId = traceId;
          span.spanId = randomBytes(8);
          span.startTimeUnixNano = timeIn(span.startTimeUnixNano);
        }
        await running.store.write(payloadOf("traces", encode(request, object)));
      }
      await running.store.flush();
      const [found] = await new TraceReader(running.store.client).traces([traceId.toString("hex")]);
      const sent = requests.flatMap((object) =>
        flattened(sentJson(request, object).resourceSpans, ["scopeSpans", "spans"]),
      );
      const read = flattened(found?.resourceSpans, ["scopeSpans", "spans"]);
      expect(canonicalSpans(read)).toEqual(canonicalSpans(sent));
    }),
    RUNS,
  );
});

function canonicalSpans(items: readonly Json[]): Json[] {
  const spans = items.map(({ record, ...around }) => {
    const {
      attributes,
      events = [],
      links = [],
      status = {},
      startTimeUnixNano = "0",
      endTimeUnixNano = "0",
      ...rest
    } = record;
    return {
      ...around,
      name: "",
      ...rest,
      startTimeUnixNano,
      endTimeUnixNano,
      attributes: canonicalAttributes(attributes),
      status,
      events: events.map((event: Json) => ({
        timeUnixNano: "0",
        ...event,
        attributes: canonicalAttributes(event.attributes),
      })),
      links: links.map((link: Json) => ({
        traceId: "",
        spanId: "",
        ...link,
        attributes: canonicalAttributes(link.attributes),
      })),
    };
  });
  return sortedBy(spans, ({ spanId }) => spanId);
}

test("log records, with bodies of any type", async () => {
  const { request } = PROTOCOLS.logs;
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryMessage(request), { minLength: 25, maxLength: 25 }), async (requests) => {
      const traceId = randomBytes(16);
      for (const object of requests) {
        for (const record of recordsOf(object, "resourceLogs", "scopeLogs", "logRecords")) {
          record.traceId = traceId;
          record.spanId = randomBytes(8);
          if (record.timeUnixNano !== undefined) record.timeUnixNano = timeIn(record.timeUnixNano);
          if (record.observedTimeUnixNano !== undefined)
            record.observedTimeUnixNano = timeIn(record.observedTimeUnixNano);
        }
        await running.store.write(payloadOf("logs", encode(request, object)));
      }
      await running.store.flush();
      const filter = { window: ALL_TIME, traceId: traceId.toString("hex") };
      const found = await new LogReader(running.store.client).search(filter, 10_000);
      const sent = requests.flatMap((object) =>
        flattened(sentJson(request, object).resourceLogs, ["scopeLogs", "logRecords"]),
      );
      expect(sortedBy(found.map(canonicalStoredLog), spanIdOf)).toEqual(sortedBy(sent.map(canonicalSentLog), spanIdOf));
    }),
    RUNS,
  );
});

const spanIdOf = ({ spanId }: Json): string => spanId;

function canonicalStoredLog(log: Json): Json {
  const { timestampUnixNano: _time, service: _service, bodyText: _text, cursor: _cursor, ...rest } = log;
  return {
    ...rest,
    resource: canonicalResource(log.resource),
    scope: canonicalScope(log.scope),
    body: canonicalValue(log.body),
  };
}

function canonicalSentLog({ record, ...around }: Json): Json {
  const defaults = { severityText: "", droppedAttributesCount: 0, flags: 0, eventName: "" };
  const { severityNumber = 0 } = record;
  return {
    ...around,
    ...defaults,
    ...record,
    severityNumber: Math.max(severityNumber, 0),
    attributes: canonicalAttributes(record.attributes),
    body: canonicalValue(record.body),
  };
}

const DATA = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];

test("points of every type of metric, with their exemplars", async () => {
  const { request } = PROTOCOLS.metrics;
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryMessage(request), { minLength: 20, maxLength: 20 }), async (requests) => {
      const names: string[] = [];
      for (const object of requests) {
        for (const metric of recordsOf(object, "resourceMetrics", "scopeMetrics", "metrics")) {
          names.push((metric.name = `m ${randomBytes(8).toString("hex")}`));
          for (const data of DATA) for (const point of recordsOf(metric[data] ?? {}, "dataPoints")) makeUnique(point);
        }
        await running.store.write(payloadOf("metrics", encode(request, object)));
      }
      await running.store.flush();
      const reader = new MetricPointReader(running.store.client);
      const read: Json[] = [];
      for (const name of names)
        read.push(...flattened(await reader.points(name, ALL_TIME, 1_000), ["scopeMetrics", "metrics"]));
      const sent = requests.flatMap((object) =>
        flattened(sentJson(request, object).resourceMetrics, ["scopeMetrics", "metrics"]),
      );
      expect(canonicalPoints(read)).toEqual(canonicalPoints(sent));
    }),
    { ...RUNS, numRuns: 1 },
  );
});

/** A series of its own for each point: attributes in another order would be the same series. */
function makeUnique(point: Json): void {
  point.timeUnixNano = timeIn(point.timeUnixNano);
  const mark = { key: "mark", value: { stringValue: randomBytes(8).toString("hex") } };
  point.attributes = [...(point.attributes ?? []), mark];
  for (const exemplar of point.exemplars ?? []) exemplar.timeUnixNano = timeIn(exemplar.timeUnixNano);
}

function canonicalPoints(items: readonly Json[]): Json[] {
  const points = items.flatMap(({ record, ...around }) =>
    DATA.flatMap((type) => {
      const { dataPoints = [], aggregationTemporality = 0, isMonotonic = false } = record[type] ?? {};
      const { name, description = "", unit = "", metadata } = record;
      const head = { name, description, unit, metadata: canonicalAttributes(metadata) };
      const temporality = Math.max(0, aggregationTemporality);
      return dataPoints.map((point: Json) => ({
        ...around,
        ...head,
        type,
        temporality,
        isMonotonic,
        point: canonicalPoint(point),
      }));
    }),
  );
  return sortedBy(points, ({ point }) => point.attributes.at(-1).value.stringValue);
}

function canonicalPoint({ attributes, exemplars = [], quantileValues = [], ...rest }: Json): Json {
  const plain = exemplars.map((exemplar: Json) => ({
    ...exemplar,
    filteredAttributes: canonicalAttributes(exemplar.filteredAttributes),
  }));
  return {
    ...rest,
    attributes: canonicalAttributes(attributes),
    exemplars: sortedBy(plain, (exemplar) => `${exemplar.timeUnixNano} ${exemplar.traceId} ${exemplar.spanId}`),
    quantileValues: quantileValues.map(({ quantile = 0, value = 0 }: Json) => ({ quantile, value })),
  };
}

test("times that make no sense, and requests with nothing in them, are kept or passed over", async () => {
  const { request } = PROTOCOLS.traces;
  const traceId = randomBytes(16);
  const times: readonly (readonly [bigint, bigint])[] = [
    [0n, 0n],
    [0n, 2n ** 64n - 1n],
    [DAY, DAY - 5n],
    [2n ** 63n, 2n ** 63n + 1n],
    [2n ** 64n - 1n, 0n],
  ];
  const spans = times.map(([startTimeUnixNano, endTimeUnixNano], i) => ({
    traceId,
    spanId: Buffer.from([1, 1, 1, 1, 1, 1, 1, i + 1]),
    startTimeUnixNano,
    endTimeUnixNano,
  }));
  const empty = [
    {},
    { resourceSpans: [] },
    { resourceSpans: [{}] },
    { resourceSpans: [{ scopeSpans: [{ spans: [] }] }] },
  ];
  for (const object of [...empty, { resourceSpans: [{ scopeSpans: [{ spans }] }] }])
    await running.store.write(payloadOf("traces", encode(request, object)));
  await running.store.flush();
  const reader = new TraceReader(running.store.client);
  const [found] = await reader.traces([traceId.toString("hex")]);
  const read = flattened(found?.resourceSpans, ["scopeSpans", "spans"]).map(({ record }) => record);
  expect(
    sortedBy(read, spanIdOf).map((span) => [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)]),
  ).toEqual(times);
  const skeleton = await reader.skeleton(traceId.toString("hex"));
  expect(skeleton.find(({ spanId }) => spanId.endsWith("3"))?.durationNanos).toBe(0n);
});

test("bytes that are not UTF-8 break nothing, and neighbours stay whole", async () => {
  const { request } = PROTOCOLS.logs;
  const traceId = randomBytes(16);
  const body = { stringValue: "XXXX" };
  const nested = {
    kvlistValue: {
      values: [
        { key: "XXXX", value: { stringValue: 'XXXX"' } },
        { key: "n", value: { intValue: 7n } },
      ],
    },
  };
  const attributes = [
    { key: "XXXX", value: { stringValue: "XXXX" } },
    { key: "nested", value: nested },
    { key: "whole", value: { boolValue: true } },
  ];
  const logRecords = [{ traceId, timeUnixNano: DAY, body, attributes, severityText: "XXXX", eventName: "XXXX" }];
  const bytes = Buffer.from(encode(request, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  for (let at = bytes.indexOf("XXXX"); at >= 0; at = bytes.indexOf("XXXX", at + 4))
    bytes.set([0xff, 0xc3, 0x28, 0xe2], at);
  await running.store.write(payloadOf("logs", bytes));
  await running.store.flush();
  const filter = { window: ALL_TIME, traceId: traceId.toString("hex") };
  const [found] = await new LogReader(running.store.client).search(filter, 10);
  const broken = "\ufffd\ufffd(\ufffd";
  expect(found).toMatchObject({ bodyText: broken, severityText: broken, eventName: broken });
  expect(found?.attributes).toEqual([
    { key: broken, value: { stringValue: broken } },
    {
      key: "nested",
      value: {
        kvlistValue: {
          values: [
            { key: broken, value: { stringValue: `${broken}"` } },
            { key: "n", value: { intValue: "7" } },
          ],
        },
      },
    },
    { key: "whole", value: { boolValue: true } },
  ]);
});
