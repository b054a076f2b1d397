/** PromQL's view of metrics that really came in over OTLP. */
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { Labels, type LabelMatcher, type SeriesSamples } from "@clew/query";
import { MetricReader } from "@clew/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { StoreQuerier } from "./store-querier.ts";

const START_MS = 1_760_000_000_000;
const DELTA = 1;
const CUMULATIVE = 2;
const { signal } = new AbortController();

let running: RunningStore;
let querier: StoreQuerier;

beforeAll(async () => {
  running = await openStore();
  querier = new StoreQuerier(new MetricReader(running.store.client), () => START_MS);
});

afterAll(async () => {
  await running.stop();
});

const nanos = (seconds: number): bigint => BigInt(START_MS + seconds * 1_000) * 1_000_000n;
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

/** A point at this second whose counting began at that one. */
function at(seconds: number, since: number | undefined, more: object): object {
  return { timeUnixNano: nanos(seconds), ...(since === undefined ? {} : { startTimeUnixNano: nanos(since) }), ...more };
}

async function send(metric: object, resource: readonly object[] = [text("service.name", "shop")]): Promise<void> {
  const object = { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics: [metric] }] }] };
  await running.store.write(payloadOf("metrics", encode(PROTOCOLS.metrics.request, object)));
  await running.store.flush();
}

async function select(name: string, ...more: readonly LabelMatcher[]): Promise<readonly SeriesSamples[]> {
  const matchers: LabelMatcher[] = [{ name: "__name__", operator: "=", value: name }, ...more];
  const hints = { stepMs: 0, rangeMs: 0, lookbackMs: 300_000, needsStarts: true, func: "" };
  const series = await querier.select(
    { matchers, startMs: START_MS, endMs: START_MS + 3_600_000, sampleLimit: 1_000, hints },
    signal,
  );
  return series.toSorted((a, b) => (a.labels.key < b.labels.key ? -1 : 1));
}

/** `second: value` of each sample; stale markers as such. */
function samplesOf(series: SeriesSamples | undefined): string[] {
  return [...(series?.timestampsMs ?? [])].map(
    (time, i) => `${(time - START_MS) / 1_000}: ${valueAt(series?.values, i)}`,
  );
}

function valueAt(values: Float64Array | undefined, i: number): string {
  const value = values?.[i] ?? Number.NaN;
  return Number.isNaN(value) ? "stale" : String(value);
}

function startsOf(series: SeriesSamples | undefined): number[] {
  return [...(series?.startTimestampsMs ?? [])].map((start) => (start === 0 ? 0 : (start - START_MS) / 1_000));
}

test("where that is switched on, series have the type and the unit of their metric, and are found by them", async () => {
  const described = new StoreQuerier(new MetricReader(running.store.client), () => START_MS, {
    typeAndUnitLabels: true,
  });
  const counts = { aggregationTemporality: CUMULATIVE, isMonotonic: true };
  await send({ name: "moved", unit: "By/s", sum: { dataPoints: [at(10, 1, { asInt: 5n })], ...counts } });
  await send({ name: "level", gauge: { dataPoints: [at(10, 1, { asInt: 5n })] } });
  const bounds = { count: 1n, sum: 1, bucketCounts: [1n, 0n], explicitBounds: [1] };
  await send({
    name: "took",
    unit: "s",
    histogram: { dataPoints: [at(10, 1, bounds)], aggregationTemporality: CUMULATIVE },
  });
  const window = { startMs: START_MS, endMs: START_MS + 60_000, limit: Infinity };
  const found = async (...matchers: readonly LabelMatcher[]): Promise<readonly string[]> =>
    (await described.series({ ...window, selectors: [matchers] }, signal)).map(String).sort();
  expect(await found({ name: "__type__", operator: "=", value: "counter" })).toEqual([
    '{__name__="moved_bytes_per_second_total", __type__="counter", __unit__="bytes_per_second", job="shop"}',
  ]);
  expect(await found({ name: "__unit__", operator: "=", value: "seconds" })).toEqual([
    '{__name__="took_seconds_bucket", __type__="histogram", __unit__="seconds", job="shop", le="+Inf"}',
    '{__name__="took_seconds_bucket", __type__="histogram", __unit__="seconds", job="shop", le="1"}',
    '{__name__="took_seconds_count", __type__="histogram", __unit__="seconds", job="shop"}',
    '{__name__="took_seconds_sum", __type__="histogram", __unit__="seconds", job="shop"}',
  ]);
  expect(await found({ name: "__unit__", operator: "=", value: "" })).toEqual([
    '{__name__="level", __type__="gauge", job="shop"}',
  ]);
  expect(await described.labelValues("__type__", { ...window, selectors: [] }, signal)).toEqual(
    expect.arrayContaining(["counter", "gauge", "histogram"]),
  );
  expect(await querier.labelValues("__type__", { ...window, selectors: [] }, signal)).toEqual([]);
});

test("a cumulative counter keeps its values and tells when its counting began", async () => {
  const dataPoints = [at(10, 1, { asInt: 5n }), at(20, 1, { asInt: 7n }), at(30, 25, { asInt: 1n })];
  await send({ name: "requests", sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } });
  const [series, ...others] = await select("requests_total");
  expect(others).toEqual([]);
  expect(Object.fromEntries(series?.labels ?? [])).toEqual({ __name__: "requests_total", job: "shop" });
  expect(samplesOf(series)).toEqual(["10: 5", "20: 7", "30: 1"]);
  expect(startsOf(series)).toEqual([1, 1, 25]);
});

test("deltas are added up, counting from the start of the first", async () => {
  const dataPoints = [at(10, 5, { asDouble: 1.5 }), at(20, 10, { asDouble: 2 }), at(30, 20, { asDouble: 0 })];
  await send({ name: "bytes", unit: "By", sum: { dataPoints, aggregationTemporality: DELTA, isMonotonic: true } });
  const [series] = await select("bytes_total");
  expect(samplesOf(series)).toEqual(["10: 1.5", "20: 3.5", "30: 3.5"]);
  expect(startsOf(series)).toEqual([5, 5, 5]);
});

test("a gauge has no start, and ends where no value was recorded", async () => {
  const dataPoints = [at(10, 5, { asDouble: -0.5 }), at(20, 5, { flags: 1 })];
  await send({ name: "temperature", gauge: { dataPoints } });
  const [series] = await select("temperature");
  expect(samplesOf(series)).toEqual(["10: -0.5", "20: stale"]);
  expect(series?.startTimestampsMs).toBeUndefined();
});

test("a histogram is its buckets, sum and count, until they end", async () => {
  const buckets = { bucketCounts: [1n, 2n, 3n], explicitBounds: [0.5, 10] };
  const dataPoints = [at(10, 5, { count: 6n, sum: 30, ...buckets }), at(20, 5, { flags: 1 })];
  await send({ name: "latency", unit: "s", histogram: { dataPoints, aggregationTemporality: CUMULATIVE } });
  const found = await select("latency_seconds_bucket");
  expect(found.map((series) => [series.labels.get("le"), ...samplesOf(series)])).toEqual([
    ["+Inf", "10: 6", "20: stale"],
    ["0.5", "10: 1", "20: stale"],
    ["10", "10: 3", "20: stale"],
  ]);
  expect(samplesOf((await select("latency_seconds_sum"))[0])).toEqual(["10: 30", "20: stale"]);
  expect(samplesOf((await select("latency_seconds_count"))[0])).toEqual(["10: 6", "20: stale"]);
  expect(await select("latency_seconds_bucket", { name: "le", operator: "=", value: "10" })).toHaveLength(1);
  expect(await select("latency_seconds")).toEqual([]);
});

test("deltas of a histogram are added up bucket by bucket", async () => {
  const point = (seconds: number): object =>
    at(seconds, seconds - 10, { count: 3n, sum: 2, bucketCounts: [1n, 2n], explicitBounds: [1] });
  await send({ name: "size", histogram: { dataPoints: [point(10), point(20)], aggregationTemporality: DELTA } });
  expect((await select("size_bucket")).map((series) => samplesOf(series))).toEqual([
    ["10: 3", "20: 6"],
    ["10: 1", "20: 2"],
  ]);
});

test.each([
  // Scale 10 has four buckets for each of scale 8: indexes -5…-1 fall into -2 and -1, 0…3 into 0.
  [10, -5, [1n, 1n, 1n, 1n, 1n, 10n, 10n, 10n, 10n], 8, { offset: -1, counts: [1, 4, 40] }],
  [8, 3, [1n, 0n, 2n], 8, { offset: 4, counts: [1, 0, 2] }],
  [-4, -1, [5n], -4, { offset: 0, counts: [5] }],
])(
  "an exponential histogram of scale %d is a native one that Prometheus knows",
  async (scale, offset, bucketCounts, schema, positive) => {
    const name = `exponential ${scale}`;
    const dataPoints = [
      at(10, 5, { count: 50n, sum: 7, scale, zeroCount: 2n, zeroThreshold: 0.25, positive: { offset, bucketCounts } }),
    ];
    await send({ name, exponentialHistogram: { dataPoints, aggregationTemporality: CUMULATIVE } });
    const [series] = await select(name.replace(" -", "_").replace(" ", "_"));
    const [histogram] = series?.histograms ?? [];
    expect(histogram).toMatchObject({
      schema,
      count: 50,
      sum: 7,
      zeroCount: 2,
      zeroThreshold: 0.25,
      counterReset: "unknown",
    });
    expect({ offset: histogram?.positive.offset, counts: [...(histogram?.positive.counts ?? [])] }).toEqual(positive);
    expect(startsOf(series)).toEqual([5]);
  },
);

test("buckets wider than Prometheus's are left out", async () => {
  const dataPoints = [at(10, 5, { count: 1n, scale: -5, positive: { bucketCounts: [1n] } })];
  await send({ name: "too_wide", exponentialHistogram: { dataPoints, aggregationTemporality: CUMULATIVE } });
  expect(await select("too_wide")).toEqual([]);
});

test("a summary is its quantiles, sum and count", async () => {
  const quantileValues = [
    { quantile: 0.5, value: 3 },
    { quantile: 0.99, value: 9 },
  ];
  await send({ name: "wait", summary: { dataPoints: [at(10, 5, { count: 4n, sum: 14, quantileValues })] } });
  expect((await select("wait")).map((series) => [series.labels.get("quantile"), ...samplesOf(series)])).toEqual([
    ["0.5", "10: 3"],
    ["0.99", "10: 9"],
  ]);
  expect(samplesOf((await select("wait_sum"))[0])).toEqual(["10: 14"]);
  expect(samplesOf((await select("wait_count"))[0])).toEqual(["10: 4"]);
});

test("stored series whose labels are the same are one", async () => {
  const up = (seconds: number, asDouble: number): object => ({
    name: "up",
    gauge: { dataPoints: [at(seconds, undefined, { asDouble })] },
  });
  await send(up(20, 2), [text("service.name", "twins"), text("process.pid", "2")]);
  await send(up(10, 1), [text("service.name", "twins"), text("process.pid", "1")]);
  const found = await select("up");
  expect(found.map((series) => samplesOf(series))).toEqual([["10: 1", "20: 2"]]);
});

test("labels are the attributes in Prometheus's spelling, job and instance the service's", async () => {
  const resource = [
    text("service.name", "api"),
    text("service.namespace", "prod"),
    text("service.instance.id", "i-1"),
    text("host", "h"),
  ];
  const attributes = [
    text("http.route", "/a"),
    text("http_route", "/b"),
    { key: "empty", value: {} },
    { key: "list", value: { arrayValue: { values: [{ intValue: 1n }] } } },
  ];
  await send({ name: "labelled", gauge: { dataPoints: [at(10, undefined, { asInt: 1n, attributes })] } }, resource);
  const [series] = await select("labelled");
  expect(Object.fromEntries(series?.labels ?? [])).toEqual({
    __name__: "labelled",
    http_route: "/a;/b",
    instance: "i-1",
    job: "prod/api",
    list: "[1]",
  });
  const request = {
    selectors: [[{ name: "job", operator: "=", value: "prod/api" } as const]],
    startMs: START_MS,
    endMs: START_MS + 60_000,
    limit: 10,
  };
  expect(await querier.series(request, signal)).toEqual([Labels.from([...(series?.labels ?? [])])]);
  expect((await querier.labelNames(request, signal)).toSorted()).toEqual([
    "__name__",
    "http_route",
    "instance",
    "job",
    "list",
  ]);
  expect(await querier.labelValues("http_route", request, signal)).toEqual(["/a;/b"]);
});

test("an exemplar stands with the bucket that its value fell into", async () => {
  const exemplars = [
    {
      timeUnixNano: nanos(9),
      asDouble: 7,
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.alloc(8, 2),
      filteredAttributes: [text("user", "ann")],
    },
  ];
  const dataPoints = [at(10, 5, { count: 1n, sum: 7, bucketCounts: [0n, 1n, 0n], explicitBounds: [5, 10], exemplars })];
  await send({ name: "exemplary", histogram: { dataPoints, aggregationTemporality: CUMULATIVE } });
  const selectors = [[{ name: "__name__", operator: "=", value: "exemplary_bucket" } as const]];
  const [found] = await querier.exemplars(
    { selectors, startMs: START_MS, endMs: START_MS + 60_000, limit: 10 },
    signal,
  );
  expect(found?.seriesLabels.get("le")).toBe("10");
  expect(
    found?.exemplars.map(({ value, labels }) => [
      value,
      labels.get("trace_id"),
      labels.get("span_id"),
      labels.get("user"),
    ]),
  ).toEqual([[7, "01".repeat(16), "02".repeat(8), "ann"]]);
});

test("a target's resource is target_info, with a sample for each minute in which it sent something", async () => {
  const resource = [
    text("service.name", "informed"),
    text("service.instance.id", "i-9"),
    text("host.name", "h"),
    text("host_name", "z"),
  ];
  for (const seconds of [10, 20, 90])
    await send({ name: "any", gauge: { dataPoints: [at(seconds, undefined, { asInt: 1n })] } }, resource);
  const found = await select("target_info", { name: "job", operator: "=", value: "informed" });
  expect(found.map((series) => Object.fromEntries(series.labels))).toEqual([
    { __name__: "target_info", job: "informed", instance: "i-9", host_name: "h;z" },
  ]);
  expect(samplesOf(found[0])).toEqual(["20: 1", "90: 1"]);
});

const untranslated = [text("prometheus.translation_strategy", "NoTranslation")];

test("names and labels of a series that is Prometheus's own come back as they are", async () => {
  const attributes = [text("a.b", "1"), text("job", "x/y"), text("instance", "i:1")];
  const gauge = { dataPoints: [at(1, 0, { asDouble: 1, attributes })] };
  await send({ name: "own.metric_total", unit: "s", gauge, metadata: untranslated }, []);
  const [series, ...others] = await select("own.metric_total");
  expect(others).toEqual([]);
  expect(series?.labels.toObject()).toEqual({
    __name__: "own.metric_total",
    "a.b": "1",
    job: "x/y",
    instance: "i:1",
  });
  expect(series?.startTimestampsMs?.[0]).toBe(START_MS);
  expect(await select("target_info", { name: "job", operator: "=", value: "x/y" })).toEqual([]);
});

test("a point that only brings exemplars is no sample", async () => {
  const exemplar = { asDouble: 2, timeUnixNano: nanos(1), filteredAttributes: [text("trace_id", "short")] };
  const gauge = { dataPoints: [at(1, undefined, { flags: 0x4_0000, exemplars: [exemplar] })] };
  await send({ name: "only_exemplars", gauge, metadata: untranslated }, []);
  expect(await select("only_exemplars")).toEqual([]);
  const matchers: LabelMatcher[] = [{ name: "__name__", operator: "=", value: "only_exemplars" }];
  const window = { startMs: START_MS, endMs: START_MS + 10_000 };
  const [found] = await querier.exemplars({ selectors: [matchers], ...window, limit: 10 }, signal);
  expect(found?.exemplars.map(({ labels, value }) => [labels.toObject(), value])).toEqual([[{ trace_id: "short" }, 2]]);
});

test("a histogram with explicit bounds may be one sample, and counts may be fractions", async () => {
  const bitsOf = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const point = {
    flags: 0x1_0000,
    count: bitsOf(1.5),
    sum: 2.5,
    bucketCounts: [0.25, 1.25, 0].map(bitsOf),
    explicitBounds: [1, 2],
  };
  const metadata = [...untranslated, text("prometheus.histogram", "native")];
  const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [at(1, undefined, point)] };
  await send({ name: "custom", histogram, metadata }, []);
  const [series, ...others] = await select("custom");
  expect(others).toEqual([]);
  expect(series?.histograms?.[0]).toMatchObject({
    schema: -53,
    count: 1.5,
    sum: 2.5,
    positive: { offset: 0, counts: Float64Array.of(0.25, 1.25, 0) },
    customBounds: Float64Array.of(1, 2),
  });
});
