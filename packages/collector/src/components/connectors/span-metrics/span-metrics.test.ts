import { decode, encode, payloadBytes, payloadOf, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { Spanmetrics } from "./span-metrics.ts";

interface SpanParts {
  readonly name?: string;
  readonly ms?: number;
  readonly status?: number;
  readonly attributes?: Attributes;
  readonly events?: readonly Attributes[];
  readonly trace?: number;
}

function spans(all: readonly SpanParts[], resource: Attributes = { "service.name": "shop" }): Payload {
  const made = all.map(({ name = "get", ms = 5, status = 0, attributes = {}, events = [], trace = 1 }) => ({
    traceId: Buffer.alloc(16, trace),
    spanId: Buffer.alloc(8, trace),
    name,
    kind: 2,
    startTimeUnixNano: 1_000_000_000n,
    endTimeUnixNano: 1_000_000_000n + BigInt(ms * 1e6),
    status: { code: status },
    attributes: attributesOf(attributes),
    events: events.map((one) => ({ name: "e", attributes: attributesOf(one) })),
  }));
  const object = {
    resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans: made }] }],
  };
  return payloadOf("traces", encode(PROTOCOLS.traces.request, object));
}

async function setUp(config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("connector", "spanmetrics", clock);
  const place = new Place("", []);
  const sent: Payload[] = [];
  const answers: Promise<void>[] = [];
  const connector = new Spanmetrics(kit.settings, schema.read({ metrics_flush_interval: "15s", ...config }, place), {
    async consume(payload) {
      await (answers.shift() ?? Promise.resolve());
      sent.push(payload);
    },
  });
  expect(place.problems).toEqual([]);
  await connector.start();
  const flush = async (): Promise<MetricsObject["resourceMetrics"]> => {
    sent.length = 0;
    clock.advance(15_000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return sent.flatMap((payload) => {
      const bytes = payloadBytes(payload);
      return (decode(PROTOCOLS.metrics.request, bytes) as unknown as MetricsObject).resourceMetrics;
    });
  };
  return { clock, connector, answers, flush, ...kit };
}

type Metrics = MetricsObject["resourceMetrics"];
const metricOf = (all: Metrics, name: string) =>
  all.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)).find((one) => one.name === name);
const labels = (attributes: readonly { key: string; value?: { stringValue?: string } }[]): string =>
  attributes.map(({ key, value }) => `${key}=${value?.stringValue}`).join(" ");

function calls(all: Metrics): [string, bigint | undefined][] {
  const points = metricOf(all, "traces.span.metrics.calls")?.sum?.dataPoints ?? [];
  return points.map(({ attributes, asInt }) => [labels(attributes), asInt]);
}

const SHOP = "service.name=shop span.name=get span.kind=SPAN_KIND_SERVER";

test("counts spans and measures them, by what they are", async () => {
  const { connector, flush } = await setUp();
  await connector.consume(spans([{ ms: 3 }, { ms: 30_000 }, { status: 2 }]));
  await connector.consume(spans([{ ms: 3 }], { "service.name": "shop", other: 1 }));
  const all = await flush();
  expect(all.map(({ resource }) => labels(resource?.attributes ?? []))).toEqual([
    "service.name=shop",
    "service.name=shop other=undefined",
  ]);
  expect(calls(all.slice(0, 1))).toEqual([
    [`${SHOP} status.code=STATUS_CODE_UNSET`, 2n],
    [`${SHOP} status.code=STATUS_CODE_ERROR`, 1n],
  ]);
  const duration = metricOf(all, "traces.span.metrics.duration");
  expect(duration?.unit).toBe("ms");
  const [point] = duration?.histogram?.dataPoints ?? [];
  expect(point).toMatchObject({ count: 2n, sum: 30_003, startTimeUnixNano: 0n, timeUnixNano: 15_000_000_000n });
  expect(point?.bucketCounts[1]).toBe(1n);
  expect(point?.bucketCounts.at(-1)).toBe(1n);
});

test("totals go on; deltas begin anew, and come again where they were not taken", async () => {
  const cumulative = await setUp();
  await cumulative.connector.consume(spans([{}]));
  await cumulative.flush();
  await cumulative.connector.consume(spans([{}]));
  expect(calls(await cumulative.flush())[0]?.[1]).toBe(2n);
  const delta = await setUp({ aggregation_temporality: "AGGREGATION_TEMPORALITY_DELTA" });
  await delta.connector.consume(spans([{}]));
  delta.answers.push(Promise.reject(new Error("no")));
  expect(await delta.flush()).toEqual([]);
  await delta.connector.consume(spans([{}]));
  expect((await delta.flush()).map((one) => calls([one])[0]?.[1])).toEqual([1n, 1n]);
  expect(await delta.flush()).toEqual([]);
});

test("adds dimensions of the span, else of the resource, else their default, and leaves out what is excluded", async () => {
  const { connector, flush } = await setUp({
    dimensions: [{ name: "http.route" }, { name: "region", default: "none" }, { name: "absent" }],
    calls_dimensions: [{ name: "host" }],
    exclude_dimensions: ["status.code", "span.kind"],
  });
  await connector.consume(spans([{ attributes: { "http.route": "/a" } }], { "service.name": "shop", host: "h" }));
  const all = await flush();
  expect(calls(all)).toEqual([["service.name=shop span.name=get http.route=/a region=none host=h", 1n]]);
  const [point] = metricOf(all, "traces.span.metrics.duration")?.histogram?.dataPoints ?? [];
  expect(labels(point?.attributes ?? [])).toBe("service.name=shop span.name=get http.route=/a region=none");
});

test("durations bear examples, as many as there may be, new ones each time", async () => {
  const { connector, flush } = await setUp({ exemplars: { enabled: true, max_per_data_point: 2 } });
  await connector.consume(spans([{ trace: 1, ms: 3 }, { trace: 2 }, { trace: 3 }]));
  const of = (all: Metrics): unknown =>
    metricOf(all, "traces.span.metrics.duration")?.histogram?.dataPoints[0]?.exemplars.map(({ traceId, asDouble }) => [
      traceId[0],
      asDouble,
    ]);
  expect(of(await flush())).toEqual([
    [1, 3],
    [2, 5],
  ]);
  expect(of(await flush())).toEqual([]);
});

test("exponential histograms have every value, in no more buckets than they may", async () => {
  const { connector, flush } = await setUp({ histogram: { exponential: { max_size: 4 }, unit: "s" } });
  await connector.consume(spans([{ ms: 1 }, { ms: 10 }, { ms: 100 }, { ms: 1_000 }, { ms: 0 }]));
  const point = metricOf(await flush(), "traces.span.metrics.duration")?.exponentialHistogram?.dataPoints[0];
  expect(point).toMatchObject({ count: 5n, zeroCount: 1n, min: 0, max: 1 });
  expect(point?.positive?.bucketCounts.length).toBeLessThanOrEqual(4);
  expect(point?.positive?.bucketCounts.reduce((total, one) => total + one, 0n)).toBe(4n);
  expect(point?.sum).toBeCloseTo(1.111, 9);
});

test("counts events by their attributes", async () => {
  const { connector, flush } = await setUp({
    events: { enabled: true, dimensions: [{ name: "exception.type" }] },
    namespace: "",
  });
  await connector.consume(
    spans([{ events: [{ "exception.type": "A" }, { "exception.type": "A" }, { "exception.type": "B" }] }]),
  );
  const points = metricOf(await flush(), "events")?.sum?.dataPoints ?? [];
  expect(points.map(({ attributes, asInt }) => [labels(attributes).split(" ").at(-1), asInt])).toEqual([
    ["exception.type=A", 2n],
    ["exception.type=B", 1n],
  ]);
});

test("beyond the cardinality limit everything is counted together", async () => {
  const { connector, flush } = await setUp({ aggregation_cardinality_limit: 2 });
  await connector.consume(spans(["a", "b", "c", "d"].map((name) => ({ name }))));
  const points = metricOf(await flush(), "traces.span.metrics.calls")?.sum?.dataPoints ?? [];
  expect(points.map(({ asInt }) => asInt)).toEqual([1n, 1n, 2n]);
  expect(points.at(-1)?.attributes).toEqual([{ key: "otel.metric.overflow", value: { boolValue: true } }]);
});

test("series that got nothing for metrics_expiration are told no more", async () => {
  const { connector, flush } = await setUp({ metrics_expiration: "20s" });
  await connector.consume(spans([{}]));
  expect(calls(await flush())).toHaveLength(1);
  expect(await flush()).toEqual([]);
});

test("resources are told apart by the attributes that are named, and hands on what it has when it stops", async () => {
  const { connector, flush } = await setUp({ resource_metrics_key_attributes: ["service.name"] });
  await connector.consume(spans([{}], { "service.name": "shop", pid: 1 }));
  await connector.consume(spans([{}], { "service.name": "shop", pid: 2 }));
  await connector.consume(spans([{}], { pid: 2 }));
  const all = await flush();
  expect(all).toHaveLength(1);
  expect(calls(all)[0]?.[1]).toBe(2n);
});

test.each([
  [{ histogram: { explicit: {}, exponential: {} } }, "use either `explicit` or `exponential` buckets histogram"],
  [{ dimensions: [{ name: "span.name" }] }, "duplicate dimension name span.name"],
  [{ events: { enabled: true } }, "no dimensions configured for events"],
])("refuses the configuration %j", (config, expected) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what)).toEqual([expected]);
});
