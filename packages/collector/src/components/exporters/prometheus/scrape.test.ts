import { get } from "node:https";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClewError } from "@clew/base";
import { decode, payloadBytes, PROTOCOLS, type MetricObject, type MetricsObject, type Payload } from "@clew/otlp";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { runCollector, until } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { stateless } from "../../../component.ts";
import type { Extension } from "../../../extension.ts";
import { CA, SERVER_CERT, SERVER_KEY } from "../../../net/tls.test-kit.ts";
import { attributesOf, metricsOf } from "../../../otlp.test-kit.ts";
import { hasPrometheus, runPrometheus } from "../../../prometheus.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { PROTOBUF_ACCEPT, readFamilies } from "./metric-family.test-kit.ts";
import { PrometheusExporter } from "./prometheus.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
const DELTA = 1;
const CUMULATIVE = 2;
const SERVICE = { "service.name": "shop", "service.instance.id": "i1" };
const at = (seconds: number): { timeUnixNano: bigint } => ({ timeUnixNano: BigInt(seconds) * 1_000_000_000n });
const started = { startTimeUnixNano: 1_500_000_000n };
const exemplar = { traceId: Buffer.alloc(16, 10), asDouble: 0.7, ...at(7) };
const counter = { name: "c", sum: sum([{ asInt: 3n, exemplars: [exemplar], ...started, ...at(2) }]) };
const gauge = (name: string, more: object = {}): object => ({
  name,
  gauge: { dataPoints: [{ asDouble: 1, ...at(1), ...more }] },
});

function sum(dataPoints: readonly object[], aggregationTemporality = CUMULATIVE): object {
  return { isMonotonic: true, aggregationTemporality, dataPoints };
}

function exponential(more: object, aggregationTemporality = CUMULATIVE): object {
  const positive = { offset: 0, bucketCounts: [1n, 0n, 0n, 0n, 2n] };
  const point = { count: 4n, sum: 9, scale: 1, zeroCount: 1n, positive, ...started, ...at(2), ...more };
  return { name: "e", exponentialHistogram: { aggregationTemporality, dataPoints: [point] } };
}

async function setUp(config: object = {}, extensions: Record<string, Extension> = {}) {
  const kit = componentSettings("exporter", "prometheus", undefined, extensions);
  const place = new Place("", []);
  const read = schema.read({ endpoint: "127.0.0.1:0", without_scope_info: true, ...config }, place);
  expect(place.problems).toEqual([]);
  const exporter = new PrometheusExporter(kit.settings, read);
  await exporter.start();
  cleanUps.push(() => exporter.shutdown());
  const address = `127.0.0.1:${kit.addresses["endpoint"]?.port}`;
  const scrape = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://${address}/metrics`, { headers });
  const families = async () =>
    readFamilies(new Uint8Array(await (await scrape({ accept: PROTOBUF_ACCEPT })).arrayBuffer()));
  return { exporter, address, scrape, families, ...kit };
}

describe("the protobuf format", () => {
  test("has numbers with exemplars, times and start times", async () => {
    const { exporter, scrape, families } = await setUp({ send_timestamps: true });
    await exporter.consume(metricsOf([counter, gauge("g", { attributes: attributesOf({ a: "b" }) })], {}));
    expect((await scrape({ accept: PROTOBUF_ACCEPT })).headers.get("content-type")).toBe(
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores",
    );
    const label = [{ name: "trace_id", value: "0a".repeat(16) }];
    expect(await families()).toMatchObject([
      {
        name: "c_total",
        metric: [
          {
            counter: {
              value: 3,
              createdTimestamp: { seconds: 1, nanos: 500_000_000 },
              exemplar: { label, value: 0.7 },
            },
            timestampMs: 2_000,
          },
        ],
      },
      { name: "g", type: 1, metric: [{ label: [{ name: "a", value: "b" }], gauge: { value: 1 }, timestampMs: 1_000 }] },
    ]);
  });

  test("has histograms with their classic buckets, and summaries", async () => {
    const { exporter, families } = await setUp();
    const histogram = { count: 3n, sum: 4, explicitBounds: [1], bucketCounts: [1n, 2n], ...at(1) };
    const summary = { count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }], ...at(1) };
    await exporter.consume(
      metricsOf(
        [
          { name: "h", histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [histogram] } },
          { name: "s", summary: { dataPoints: [summary] } },
        ],
        {},
      ),
    );
    expect(await families()).toMatchObject([
      {
        name: "h",
        type: 4,
        metric: [
          {
            histogram: {
              sampleCount: 3,
              sampleSum: 4,
              bucket: [
                { cumulativeCount: 1, upperBound: 1 },
                { cumulativeCount: 3, upperBound: Infinity },
              ],
            },
          },
        ],
      },
      {
        name: "s",
        type: 2,
        metric: [{ summary: { sampleCount: 2, sampleSum: 3, quantile: [{ quantile: 0.5, value: 1 }] } }],
      },
    ]);
  });

  test("has exponential histograms as native ones", async () => {
    const { exporter, families } = await setUp();
    await exporter.consume(metricsOf([exponential({})], {}));
    expect((await families())[0]?.metric[0]).toMatchObject({
      histogram: {
        sampleCount: 4,
        schema: 1,
        zeroThreshold: 1e-128,
        zeroCount: 1,
        positiveSpan: [
          { offset: 1, length: 1 },
          { offset: 3, length: 1 },
        ],
        positiveDelta: [1, 1],
        createdTimestamp: { seconds: 1, nanos: 500_000_000 },
      },
    });
  });

  test("adds deltas of exponential histograms up at the coarser scale", async () => {
    const { exporter, families } = await setUp();
    const coarse = { scale: 0, positive: { offset: 1, bucketCounts: [5n] }, count: 6n, ...at(3) };
    await exporter.consume(metricsOf([exponential({}, DELTA), exponential(coarse, DELTA)], {}));
    expect((await families())[0]?.metric[0]).toMatchObject({
      histogram: {
        sampleCount: 10,
        schema: 0,
        zeroCount: 2,
        // (1,2] has 1, (2,4] has 5, (4,8] has 2
        positiveSpan: [{ offset: 1, length: 3 }],
        positiveDelta: [1, 4, -3],
      },
    });
  });
});

describe("who asks", () => {
  test.each([
    ["", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"],
    ["*/*", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"],
    [OPEN_METRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"],
    [
      "text/plain;q=1,application/openmetrics-text;q=0.5",
      "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
    ],
    [
      "application/openmetrics-text; version=1.0.0; escaping=allow-utf-8",
      "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    ],
  ])("for %j gets %s", async (accept, contentType) => {
    const { scrape } = await setUp({ enable_open_metrics: true });
    expect((await scrape({ accept })).headers.get("content-type")).toBe(contentType);
  });

  test.each([
    ["allow-utf-8", '{"a.b","c.d"="x"} 1'],
    ["underscores", 'a_b{c_d="x"} 1'],
    ["dots", 'a_dot_b{c_dot_d="x"} 1'],
    ["values", 'U__a_2E_b{U__c_2E_d="x"} 1'],
  ])("with escaping %s gets %s", async (escaping, line) => {
    const { exporter, scrape } = await setUp({ translation_strategy: "NoTranslation" });
    await exporter.consume(metricsOf([gauge("a.b", { attributes: attributesOf({ "c.d": "x" }) })], {}));
    const accept = `text/plain;version=0.0.4;escaping=${escaping}`;
    expect((await (await scrape({ accept })).text()).split("\n")).toContain(line);
  });

  test("takes gzip where it says so", async () => {
    const { exporter, scrape } = await setUp();
    await exporter.consume(metricsOf([gauge("g")], {}));
    const compressed = await scrape({ "accept-encoding": "gzip" });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(await compressed.text()).toContain("g 1\n");
    for (const encoding of ["identity", "gzip;q=0"]) {
      expect((await scrape({ "accept-encoding": encoding })).headers.get("content-encoding")).toBeNull();
    }
  });

  test("may have to say who it is, and sees the configured headers", async () => {
    const extension: Extension = {
      ...stateless,
      serverAuthenticator: {
        authenticate: (headers) =>
          headers.get("authorization")?.[0] === "Bearer right"
            ? Promise.resolve({})
            : Promise.reject(new ClewError("UNAUTHENTICATED", "provided authorization does not match", {})),
      },
    };
    const config = { auth: { authenticator: "bearertokenauth" }, response_headers: { "x-a": "b" } };
    const { scrape } = await setUp(config, { bearertokenauth: extension });
    expect((await scrape()).status).toBe(401);
    const answer = await scrape({ authorization: "Bearer right" });
    expect([answer.status, answer.headers.get("x-a")]).toEqual([200, "b"]);
  });

  test("comes over TLS where that is configured", async () => {
    const { exporter, address } = await setUp({ tls: { cert_pem: SERVER_CERT, key_pem: SERVER_KEY } });
    await exporter.consume(metricsOf([gauge("g")], {}));
    const page = await new Promise<string>((resolve, reject) => {
      get(`https://${address}/metrics`, { ca: CA }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString())).on("end", () => resolve(text));
      }).on("error", reject);
    });
    expect(page).toContain("g 1\n");
  });
});

test("resource attributes are labels where resource_constant_labels names them", async () => {
  const { exporter, scrape } = await setUp({ resource_constant_labels: { excluded: ["service.*"] } });
  await exporter.consume(
    metricsOf([gauge("g", { attributes: attributesOf({ "host.name": "point" }) })], {
      ...SERVICE,
      "host.name": "h",
    }),
  );
  expect(await (await scrape()).text()).toContain('g{host_name="h",instance="i1",job="shop"} 1\n');
});

test("tells of settings for which there is a better way", async () => {
  const { lines } = await setUp({ resource_to_telemetry_conversion: { enabled: true }, add_metric_suffixes: false });
  expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
    "warn\tresource_to_telemetry_conversion is deprecated; use resource_constant_labels instead",
    "warn\t`add_metric_suffixes` is deprecated. Please use `translation_strategy: UnderscoreEscapingWithoutSuffixes` instead.",
  ]);
});

test("refuses the old and the new way to make resource attributes labels at once", () => {
  const place = new Place("", []);
  schema.read(
    { resource_to_telemetry_conversion: { enabled: true }, resource_constant_labels: { included: ["*"] } },
    place,
  );
  expect(place.problems.map(({ what }) => what)).toEqual([
    "cannot configure both resource_to_telemetry_conversion and resource_constant_labels",
  ]);
});

test("a metric of unknown type stays one", async () => {
  const { exporter, scrape, families } = await setUp();
  await exporter.consume(metricsOf([{ ...gauge("g"), metadata: attributesOf({ "prometheus.type": "unknown" }) }], {}));
  expect(await (await scrape()).text()).toContain("# TYPE g untyped\n");
  expect(await families()).toMatchObject([{ type: 3, metric: [{ untyped: { value: 1 } }] }]);
});

describe("our own receiver", () => {
  async function sentTo(protocol: string) {
    const { exporter, address } = await setUp({ enable_open_metrics: true, send_timestamps: true });
    const nowNano = BigInt(Date.now()) * 1_000_000n;
    const time = { timeUnixNano: nowNano, startTimeUnixNano: nowNano - 5_000_000_000n };
    const histogram = { count: 3n, sum: 4, explicitBounds: [1], bucketCounts: [1n, 2n], ...time };
    const sent = [
      { name: "c", description: "Counted.", sum: sum([{ asDouble: 3, exemplars: [exemplar], ...time }]) },
      { name: "h", description: "H.", histogram: { aggregationTemporality: CUMULATIVE, dataPoints: [histogram] } },
      exponential(time),
    ];
    await exporter.consume(metricsOf(sent, SERVICE));
    return { received: await scraped(address, protocol), time };
  }

  test.each(["PrometheusProto", "OpenMetricsText1.0.0", "PrometheusText0.0.4"])(
    "gets numbers and histograms as they were sent, by %s",
    async (protocol) => {
      const { received, time } = await sentTo(protocol);
      const { timeUnixNano } = time;
      expect(received["c_total"]?.sum?.dataPoints[0]).toMatchObject({ asDouble: 3, timeUnixNano });
      expect(received["h"]?.histogram?.dataPoints[0]).toMatchObject({
        count: 3n,
        sum: 4,
        explicitBounds: [1],
        bucketCounts: [1n, 2n],
      });
    },
  );

  test("gets start times and exponential histograms as they were sent, by PrometheusProto", async () => {
    const { received, time } = await sentTo("PrometheusProto");
    expect(received["c_total"]?.sum?.dataPoints[0]?.startTimeUnixNano).toBe(time.startTimeUnixNano);
    expect(received["e"]?.exponentialHistogram?.dataPoints[0]).toMatchObject({
      count: 4n,
      sum: 9,
      scale: 1,
      zeroCount: 1n,
      positive: { offset: 0, bucketCounts: [1n, 0n, 0n, 0n, 2n] },
    });
  });
});

/** What a collector that scrapes `address` hands on, by name. */
async function scraped(address: string, protocol: string): Promise<Readonly<Record<string, MetricObject>>> {
  const { collector, sink } = await runCollector(`
receivers:
  prometheus:
    config:
      scrape_configs:
        - job_name: a
          honor_timestamps: true
          scrape_native_histograms: true
          scrape_interval: 1s
          scrape_timeout: 1s
          scrape_protocols: [${protocol}]
          static_configs: [{ targets: ["${address}"] }]
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [clew] } }
`);
  cleanUps.push(() => collector.shutdown());
  // On a busy machine the first scrape may come too late.
  let found: Readonly<Record<string, MetricObject>> = {};
  await until(() => {
    for (const payload of sink.payloads.splice(0)) found = metricsByName(payload);
    return "c_total" in found;
  });
  return found;
}

function metricsByName(payload: Payload): Readonly<Record<string, MetricObject>> {
  const { resourceMetrics } = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

test.skipIf(!hasPrometheus)("a real Prometheus scrapes native histograms (needs Debian's prometheus)", async () => {
  const { exporter, address } = await setUp();
  await exporter.consume(metricsOf([counter, exponential({})], SERVICE));
  const prometheus = await runPrometheus(`
scrape_configs:
  - job_name: clew
    honor_labels: true
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{ targets: ["${address}"] }]
`);
  cleanUps.push(() => prometheus.stop());
  let found = await prometheus.query("e", Date.now());
  while (found.length === 0) found = await prometheus.query("e", Date.now());
  expect(found[0]).toMatchObject({
    metric: { job: "shop" },
    histogram: [expect.any(Number), { count: "4", sum: "9" }],
  });
  expect(await prometheus.values("c_total", Date.now())).toEqual([3]);
});

test("certificates are read from files too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "clew-scrape-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, SERVER_CERT);
  writeFileSync(key, SERVER_KEY);
  const { address } = await setUp({ tls: { cert_file: cert, key_file: key } });
  await expect(fetch(`http://${address}/metrics`)).rejects.toThrow("fetch failed");
  const missing = setUp({ tls: { cert_file: join(folder, "nowhere.pem"), key_file: key } });
  await expect(missing).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
