import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { afterEach, describe, expect, test } from "vitest";
import { ManualClock, until } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, metricsOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema, senderConfigOf } from "./config.ts";
import { prometheusRemoteWriteExporter } from "./factory.ts";
import { receiver, WRITTEN_ALL, type Answer, type Received } from "./remote-write.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const V2 = { protobuf_message: "io.prometheus.write.v2.Request" };
const DELTA = 1;
const CUMULATIVE = 2;
const SERVICE = { "service.name": "shop", "service.namespace": "acme", "service.instance.id": "i1" };
const SCOPE = 'otel_scope_name="kit",otel_scope_version="1"';
const at = (seconds: number): { timeUnixNano: bigint } => ({ timeUnixNano: BigInt(seconds) * 1_000_000_000n });
const gauge = (name: string, value: number, more: object = {}): object => ({
  name,
  gauge: { dataPoints: [{ asDouble: value, ...at(1), ...more }] },
});
const counter = (name: string, value: number, more: object = {}, aggregationTemporality = CUMULATIVE): object => ({
  name,
  description: `Number of ${name}.`,
  sum: { isMonotonic: true, aggregationTemporality, dataPoints: [{ asDouble: value, ...at(1), ...more }] },
});

function problemsOf(config: object): string[] {
  const place = new Place("", []);
  schema.read({ endpoint: "http://127.0.0.1:1", ...config }, place);
  return place.problems.map(({ path, what }) => `${path}: ${what}`);
}

async function setUp(config: object = {}, answer?: (received: Received, count: number) => Answer) {
  const clock = new ManualClock();
  const remote = await receiver(answer);
  cleanUps.push(() => remote.close());
  const kit = componentSettings("exporter", "prometheus_remote_write", clock);
  const place = new Place("", []);
  const read = schema.read({ endpoint: remote.url, ...config }, place);
  expect(place.problems).toEqual([]);
  const exporter = prometheusRemoteWriteExporter.create(kit.settings, read, ["metrics"]);
  await exporter.start();
  cleanUps.push(() => exporter.shutdown());
  const counted = (name: string): number | undefined =>
    kit.meter.families().find((family) => family.name === name)?.samples[0]?.value;
  return {
    clock,
    exporter,
    received: remote.received,
    counted,
    /** Every series that came, as `series value@time`. */
    samples: () =>
      remote.received.flatMap(({ series }) =>
        series.flatMap(({ series: text, samples }) =>
          samples.map(({ value, timestamp }) => `${text} ${value}@${timestamp}`),
        ),
      ),
    ...kit,
  };
}

describe("sends", () => {
  test("a counter with namespace, unit, job, instance, scope and external labels, and target_info", async () => {
    const { exporter, received, samples } = await setUp({
      namespace: "myapp",
      external_labels: { cluster: "eu", __tenant__: "a" },
    });
    const point = { attributes: attributesOf({ "http.route": "/a" }) };
    await exporter.consume(
      metricsOf([{ ...counter("http.requests", 3, point), unit: "By" }], { ...SERVICE, "host.name": "h" }),
    );
    const external = '__tenant__="a",cluster="eu"';
    expect(samples()).toEqual([
      `myapp_http_requests_bytes_total{${external},http_route="/a",instance="i1",job="acme/shop",${SCOPE}} 3@1000`,
      `myapp_target_info{${external},host_name="h",instance="i1",job="acme/shop"} 1@1000`,
    ]);
    expect(received[0]?.headers).toMatchObject({
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
    });
  });

  test("a histogram as classic series, exemplars with the bucket that holds them", async () => {
    const { exporter, received, samples } = await setUp({ disable_scope_info: true });
    const exemplar = { traceId: Buffer.alloc(16, 10), spanId: Buffer.alloc(8, 11), asDouble: 0.7, ...at(1) };
    const point = {
      count: 6n,
      sum: 12.5,
      explicitBounds: [0.0000001, 1],
      bucketCounts: [1n, 2n, 3n],
      exemplars: [exemplar],
      ...at(1),
    };
    const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    await exporter.consume(metricsOf([{ name: "latency", unit: "s", histogram }], {}));
    expect(samples()).toEqual([
      "latency_seconds_sum{} 12.5@1000",
      "latency_seconds_count{} 6@1000",
      'latency_seconds_bucket{le="0.0000001"} 1@1000',
      'latency_seconds_bucket{le="1"} 3@1000',
      'latency_seconds_bucket{le="+Inf"} 6@1000',
    ]);
    expect(received[0]?.series.map(({ exemplars }) => exemplars)).toEqual([
      [],
      [],
      [],
      [
        {
          labels: [
            { name: "trace_id", value: "0a".repeat(16) },
            { name: "span_id", value: "0b".repeat(8) },
          ],
          value: 0.7,
          timestamp: 1_000,
        },
      ],
      [],
    ]);
  });

  test("an exponential histogram as a native one", async () => {
    const { exporter, received } = await setUp({ disable_scope_info: true });
    const point = {
      count: 9n,
      sum: 3,
      scale: 1,
      zeroCount: 1n,
      zeroThreshold: 0.25,
      positive: { offset: -1, bucketCounts: [1n, 0n, 2n, 0n, 0n, 0n, 1n] },
      negative: { offset: 2, bucketCounts: [4n] },
      ...at(2),
    };
    const exponentialHistogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    await exporter.consume(metricsOf([{ name: "e", exponentialHistogram }], {}));
    expect(received[0]?.series[0]).toMatchObject({
      series: "e{}",
      samples: [],
      histograms: [
        {
          countInt: 9,
          sum: 3,
          schema: 1,
          zeroThreshold: 0.25,
          zeroCountInt: 1,
          // OTLP's bucket i is Prometheus's i + 1; a gap of three begins a span.
          positiveSpans: [
            { offset: 0, length: 3 },
            { offset: 3, length: 1 },
          ],
          positiveDeltas: [1, -1, 2, -1],
          negativeSpans: [{ offset: 3, length: 1 }],
          negativeDeltas: [4],
          timestamp: 2_000,
        },
      ],
    });
  });

  test("an exponential histogram of a scale above 8 at scale 8", async () => {
    const { exporter, received } = await setUp();
    const positive = { offset: 3, bucketCounts: [1n, 1n, 1n, 1n, 1n] }; // indices 3 to 7 of scale 10: 0 and 1 of scale 8
    const point = { count: 5n, sum: 9, scale: 10, positive, ...at(1) };
    const exponentialHistogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    await exporter.consume(metricsOf([{ name: "e", exponentialHistogram }], {}));
    expect(received[0]?.series[0]?.histograms).toMatchObject([
      { schema: 8, positiveSpans: [{ offset: 1, length: 2 }], positiveDeltas: [1, 3], zeroThreshold: 1e-128 },
    ]);
  });

  test("a histogram with custom buckets where it is told to, beside the classic one if that is kept", async () => {
    const config = { convert_explicit_histograms_to_nhcb: true, keep_classic_histograms: true };
    const { exporter, received } = await setUp({ ...config, disable_scope_info: true });
    const point = { count: 4n, sum: 5, explicitBounds: [1, 2], bucketCounts: [0n, 3n, 1n], ...at(1) };
    const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    await exporter.consume(metricsOf([{ name: "h", histogram }], {}));
    expect(received[0]?.series.map(({ series }) => series)).toEqual([
      "h{}",
      "h_sum{}",
      "h_count{}",
      'h_bucket{le="1"}',
      'h_bucket{le="2"}',
      'h_bucket{le="+Inf"}',
    ]);
    expect(received[0]?.series[0]?.histograms).toMatchObject([
      { schema: -53, customValues: [1, 2], positiveSpans: [{ offset: 1, length: 2 }], positiveDeltas: [3, -2] },
    ]);
  });

  test("a summary with its quantiles", async () => {
    const { exporter, samples } = await setUp({ disable_scope_info: true });
    const point = { count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }], ...at(1) };
    await exporter.consume(metricsOf([{ name: "s", summary: { dataPoints: [point] } }], {}));
    expect(samples()).toEqual(["s_sum{} 3@1000", "s_count{} 2@1000", 's{quantile="0.5"} 1@1000']);
  });

  test("the staleness marker where there is no recorded value", async () => {
    const { exporter, received } = await setUp();
    await exporter.consume(metricsOf([gauge("g", 0, { flags: 1 })], {}));
    const staleMarker = Buffer.from("020000000000f07f", "hex");
    expect(received[0]?.bytes.includes(staleMarker)).toBe(true);
  });

  test("the samples of one series together, in order", async () => {
    const { exporter, samples } = await setUp({ disable_scope_info: true });
    await exporter.consume(metricsOf([gauge("g", 2, at(2)), gauge("h", 5), gauge("g", 1, at(1))], {}));
    expect(samples()).toEqual(["g{} 1@1000", "g{} 2@2000", "h{} 5@1000"]);
  });

  test("neither empty attributes nor those that would be taken for the scope's name", async () => {
    const { exporter, samples } = await setUp();
    const scope = { name: "kit", attributes: attributesOf({ name: "other", "lib.kind": "x" }) };
    const metrics = [gauge("g", 1, { attributes: attributesOf({ a: "", "b.c": "", b_c: "1" }) })];
    await exporter.consume(
      payloadOf(
        "metrics",
        encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ scopeMetrics: [{ scope, metrics }] }] }),
      ),
    );
    expect(samples()).toEqual(['g{b_c="1",otel_scope_lib_kind="x",otel_scope_name="kit"} 1@1000']);
  });

  test("attributes whose names become the same in one label", async () => {
    const { exporter, samples } = await setUp({ disable_scope_info: true });
    const attributes = attributesOf({ "a.b": "2", a_b: "1", "a-b": "2", _private: "x" });
    await exporter.consume(metricsOf([gauge("g", 1, { attributes })], {}));
    expect(samples()).toEqual(['g{_private="x",a_b="2;1"} 1@1000']);
  });

  test("resource attributes as labels where they are included", async () => {
    const config = { resource_constant_labels: { included: ["k8s.*"], excluded: ["*.uid"] } };
    const { exporter, samples } = await setUp({ ...config, target_info: { enabled: false }, disable_scope_info: true });
    await exporter.consume(
      metricsOf([gauge("g", 1)], { ...SERVICE, "k8s.pod.name": "p", "k8s.pod.uid": "u", "host.name": "h" }),
    );
    expect(samples()).toEqual(['g{instance="i1",job="acme/shop",k8s_pod_name="p"} 1@1000']);
  });

  test("metadata where it is told to", async () => {
    const { exporter, received } = await setUp({ send_metadata: true });
    await exporter.consume(metricsOf([{ ...counter("c", 1), unit: "s" }], {}));
    expect(received.flatMap(({ metadata }) => metadata)).toEqual([
      { type: 1, metricFamilyName: "c_seconds_total", help: "Number of c.", unit: "seconds" },
    ]);
  });

  test("headers of the request that brought the metrics where they are named", async () => {
    const { exporter, received } = await setUp({ include_metadata_keys: ["X-Tenant"], headers: { "x-a": "b" } });
    const client = { metadata: new Map([["x-tenant", ["blue"]]]) };
    await exporter.consume({ ...metricsOf([gauge("g", 1)]), client });
    expect(received[0]?.headers).toMatchObject({ "x-tenant": "blue", "x-a": "b" });
  });
});

describe("version 2.0", () => {
  test("sends every text once, with metadata, start times and exemplars", async () => {
    const { exporter, received, counted } = await setUp({ ...V2, disable_scope_info: true });
    const exemplar = { traceId: Buffer.alloc(16, 10), asDouble: 1, ...at(1) };
    const point = { startTimeUnixNano: 500_000_000n, exemplars: [exemplar] };
    await exporter.consume(metricsOf([{ ...counter("c", 2, point), unit: "s" }, gauge("g", 7)], {}));
    expect(received[0]?.headers).toMatchObject({
      "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "x-prometheus-remote-write-version": "2.0.0",
    });
    expect(received[0]?.series).toMatchObject([
      {
        series: "c_seconds_total{}",
        samples: [{ value: 2, timestamp: 1_000, startTimestamp: 500 }],
        exemplars: [{ labels: ["trace_id", "0a".repeat(16)], value: 1, timestamp: 1_000 }],
        metadata: { type: 1, help: "Number of c.", unit: "seconds" },
      },
      { series: "g{}", samples: [{ value: 7 }], metadata: { type: 2, help: "", unit: "" } },
    ]);
    expect(counted("otelcol_exporter_prometheusremotewrite_written_samples")).toBe(1);
  });

  test("keeps every character of names where it is told to", async () => {
    const { exporter, samples } = await setUp({
      ...V2,
      translation_strategy: "NoTranslation",
      disable_scope_info: true,
    });
    await exporter.consume(metricsOf([gauge("a.b", 1, { attributes: attributesOf({ "c.d": "x" }) })], {}));
    expect(samples()).toEqual(['a.b{c.d="x"} 1@1000']);
  });

  test("takes an answer that does not say what was written for an error that lasts", async () => {
    const { exporter } = await setUp(V2, () => ({ status: 204 }));
    await expect(exporter.consume(metricsOf([gauge("g", 1)], {}))).rejects.toMatchObject({
      permanent: true,
      what: expect.stringContaining("does not know Remote Write 2.0") as string,
      remedy: "set protobuf_message: prometheus.WriteRequest",
    });
  });
});

describe("what Prometheus cannot take", () => {
  test("is counted by reason and told once, and the rest is sent", async () => {
    const { exporter, samples, lines, meter, counted } = await setUp({ disable_scope_info: true });
    const exponential = (more: object): object => {
      const point = { count: 1n, sum: 1, positive: { offset: 0, bucketCounts: [1n] }, ...at(1), ...more };
      return { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    };
    const metrics = [
      gauge("g", 1),
      counter("d", 1, {}, DELTA),
      counter("u", 1, {}, 0),
      { name: "e", exponentialHistogram: exponential({ scale: -5 }) },
      { name: "s", exponentialHistogram: exponential({ sum: undefined }) },
      gauge("漢", 1),
    ];
    for (let i = 0; i < 2; i++) await exporter.consume(metricsOf(metrics, {}));
    expect(samples()).toEqual(["g{} 1@1000", "g{} 1@1000"]);
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
      'warn\tMetric cannot be shown to Prometheus\t{"metric": "d", "reason": "delta_temporality"}',
      'warn\tMetric cannot be shown to Prometheus\t{"metric": "u", "reason": "temporality_unspecified"}',
      'warn\tMetric cannot be shown to Prometheus\t{"metric": "e", "reason": "scale_too_low"}',
      'warn\tMetric cannot be shown to Prometheus\t{"metric": "s", "reason": "sum_missing"}',
      'warn\tMetric cannot be shown to Prometheus\t{"metric": "漢", "reason": "name_invalid"}',
    ]);
    const skipped = meter.families().find(({ name }) => name === "clew_exporter_prometheus_skipped_points");
    expect(skipped?.samples.map(({ value }) => value)).toEqual([2, 2, 2, 2, 2]);
    expect(counted("otelcol_exporter_prometheusremotewrite_failed_translations")).toBe(10);
  });
});

describe("delivery", () => {
  const many = Array.from({ length: 20 }, (_unused, i) => gauge(`metric_${i}`, i));

  test.each([{}, V2])("parts what is larger than max_batch_size_bytes, %j", async (version) => {
    const { exporter, received, samples } = await setUp({ ...version, max_batch_size_bytes: 400 });
    await exporter.consume(metricsOf(many, {}));
    expect(received.length).toBeGreaterThan(2);
    expect(received.every(({ bytes }) => bytes.length <= 500)).toBe(true);
    expect(new Set(samples()).size).toBe(20);
  });

  test("does not send again what was taken when a part is tried again", async () => {
    let refusals = 1;
    const answer = ({ series }: Received): Answer =>
      series.some(({ series: text }) => text.startsWith("metric_7{")) && refusals-- > 0 ? { status: 503 } : WRITTEN_ALL;
    const { clock, exporter, samples } = await setUp({ max_batch_size_bytes: 400 }, answer);
    let delivered = false;
    const consumed = exporter.consume(metricsOf(many, {})).then(() => (delivered = true));
    await until(() => {
      clock.advance(1);
      return delivered;
    });
    await consumed;
    const sent = samples().map((text) => text.split("{")[0]);
    expect(sent.filter((name) => name === "metric_7")).toHaveLength(2);
    expect(sent.filter((name) => name === "metric_0")).toHaveLength(1);
  });

  test.each([
    [500, false],
    [503, false],
    [429, false],
    [400, true],
    [404, true],
  ])("reads HTTP status %i: permanent %s", async (status, permanent) => {
    const config = { retry_on_failure: { enabled: false } };
    const { exporter } = await setUp(config, () => ({ status, body: "why\n", headers: { "retry-after": "7" } }));
    await expect(exporter.consume(metricsOf([gauge("g", 1)], {}))).rejects.toMatchObject({
      permanent,
      retryAfterMs: 7_000,
      what: expect.stringMatching(new RegExp(`failed with HTTP status ${status}: why$`)) as string,
    });
  });

  test("goes on with the other parts when one is refused for good, and tells the sender", async () => {
    const answer = ({ series }: Received): Answer =>
      series.some(({ series: text }) => text.startsWith("metric_7{")) ? { status: 400 } : WRITTEN_ALL;
    const { exporter, received } = await setUp({ max_batch_size_bytes: 400 }, answer);
    await expect(exporter.consume(metricsOf(many, {}))).rejects.toMatchObject({ permanent: true });
    expect(new Set(received.flatMap(({ series }) => series)).size).toBe(20);
  });
});

test.each([
  [{}, 5_000],
  [{ timeout: "9s" }, 9_000],
  [{ http: { endpoint: "http://127.0.0.1:1", timeout: "7s" } }, 7_000],
  [{ timeout: "9s", http: { endpoint: "http://127.0.0.1:1", timeout: "7s" } }, 7_000],
  [{ timeout: "0s" }, 0],
])("of the timeouts in %j each attempt has %i ms", (config, timeoutMs) => {
  const read = schema.read({ endpoint: "http://127.0.0.1:1", ...config }, new Place("", []));
  expect(senderConfigOf(read).timeout).toBe(timeoutMs);
});

test("tells what is wrong with its settings", () => {
  expect(problemsOf({ endpoint: "" })).toEqual([": endpoint must be specified"]);
  expect(problemsOf({ http: { endpoint: "nowhere" } })).toEqual(['http::endpoint: expected a URL, got "nowhere"']);
  expect(problemsOf({ compression: "gzip" })).toEqual([": compression type must be snappy"]);
  expect(problemsOf({ wal: { directory: mkdtempSync(join(tmpdir(), "wal-")) } })).toEqual([
    "wal: wal is not supported: requests are kept over restarts by a storage extension",
  ]);
  expect(problemsOf({ translation_strategy: "NoTranslation" })).toEqual([
    "translation_strategy: translation strategy NoTranslation requires Prometheus Remote Write 2.0 (UTF-8 support)",
  ]);
  expect(problemsOf({ remote_write_queue: { queue_size: 0 } })).toEqual([
    "remote_write_queue: a 0 size queue will drop all the data",
  ]);
  expect(problemsOf({ include_metadata_keys: ["Content-Type"] })).toEqual([
    'include_metadata_keys: include_metadata_keys entry "Content-Type" collides with a reserved remote write header',
  ]);
  expect(problemsOf({ external_labels: { a: "" } })).toHaveLength(1);
});
