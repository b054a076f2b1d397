import { afterEach, describe, expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, metricsOf } from "../../../otlp.test-kit.ts";
import { hasPromtool, promtoolComplaints } from "../../../promtool.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { PrometheusExporter } from "./prometheus.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function setUp(config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("exporter", "prometheus", clock);
  const exporter = new PrometheusExporter(
    kit.settings,
    schema.read({ endpoint: "127.0.0.1:0", ...config }, new Place("", [])),
  );
  await exporter.start();
  cleanUps.push(() => exporter.shutdown());
  const url = `http://127.0.0.1:${kit.addresses["endpoint"]?.port}/metrics`;
  return {
    clock,
    exporter,
    url,
    page: async (accept = "") => (await fetch(url, { headers: { accept } })).text(),
    ...kit,
  };
}

const DELTA = 1;
const CUMULATIVE = 2;
const at = (seconds: number): { timeUnixNano: bigint } => ({ timeUnixNano: BigInt(seconds) * 1_000_000_000n });
const counter = (name: string, value: number, more: object = {}, aggregationTemporality = CUMULATIVE): object => ({
  name,
  description: `Number of ${name}.`,
  sum: { isMonotonic: true, aggregationTemporality, dataPoints: [{ asDouble: value, ...at(1), ...more }] },
});
const gauge = (name: string, value: number, more: object = {}): object => ({
  name,
  description: "A gauge.",
  gauge: { dataPoints: [{ asDouble: value, ...at(1), ...more }] },
});
const SERVICE = { "service.name": "shop", "service.namespace": "acme", "service.instance.id": "i1", "host.name": "h" };
const LABELS = 'otel_scope_name="kit",otel_scope_version="1"';

test("shows a counter with namespace, unit, _total, job, instance and scope, and target_info", async () => {
  const { exporter, page } = await setUp({ namespace: "myapp", const_labels: { env: "prod" } });
  await exporter.consume(
    metricsOf(
      [{ ...counter("http.requests", 3, { attributes: attributesOf({ "http.route": '/a"\\\n' }) }), unit: "By" }],
      SERVICE,
    ),
  );
  expect(await page()).toBe(
    `# HELP myapp_http_requests_bytes_total Number of http.requests.
# TYPE myapp_http_requests_bytes_total counter
myapp_http_requests_bytes_total{env="prod",http_route="/a\\"\\\\\\n",instance="i1",job="acme/shop",${LABELS}} 3
# HELP myapp_target_info Target metadata
# TYPE myapp_target_info gauge
myapp_target_info{env="prod",host_name="h",instance="i1",job="acme/shop"} 1
`,
  );
});

test("shows a histogram with cumulative buckets", async () => {
  const { exporter, page } = await setUp();
  const point = { count: 6n, sum: 12.5, explicitBounds: [0.5, 1], bucketCounts: [1n, 2n, 3n], ...at(1) };
  const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
  await exporter.consume(metricsOf([{ name: "latency", unit: "s", description: "Latency.", histogram }], {}));
  expect((await page()).split("\n").slice(1, -1)).toEqual([
    "# TYPE latency_seconds histogram",
    `latency_seconds_bucket{${LABELS},le="0.5"} 1`,
    `latency_seconds_bucket{${LABELS},le="1"} 3`,
    `latency_seconds_bucket{${LABELS},le="+Inf"} 6`,
    `latency_seconds_sum{${LABELS}} 12.5`,
    `latency_seconds_count{${LABELS}} 6`,
  ]);
});

test("shows an exponential histogram in buckets of powers of two, whatever its scale", async () => {
  const { exporter, page } = await setUp();
  const point = {
    count: 10n,
    sum: 3,
    scale: 1, // two buckets to each power of two
    zeroCount: 1n,
    positive: { offset: 0, bucketCounts: [1n, 2n, 3n] }, // (1,1.41] (1.41,2] (2,2.83]
    negative: { offset: 2, bucketCounts: [3n] }, // [-2.83,-2)
    ...at(1),
  };
  const exponentialHistogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
  await exporter.consume(metricsOf([{ name: "e", exponentialHistogram }], {}));
  const buckets = (await page()).split("\n").filter((line) => line.includes("_bucket"));
  expect(buckets.map((line) => line.replace(/.*le="(.*)"} /, "$1 "))).toEqual([
    "-2 3",
    "0 4",
    "2 7",
    "4 10",
    "+Inf 10",
  ]);
});

test("shows a summary with its quantiles", async () => {
  const { exporter, page } = await setUp();
  const point = { count: 2n, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }], ...at(1) };
  await exporter.consume(metricsOf([{ name: "s", summary: { dataPoints: [point] } }], {}));
  expect((await page()).split("\n").slice(1, -1)).toEqual([
    "# TYPE s summary",
    `s{${LABELS},quantile="0.5"} 1`,
    `s_sum{${LABELS}} 3`,
    `s_count{${LABELS}} 2`,
  ]);
});

describe("keeps the latest value", () => {
  test("and adds deltas up", async () => {
    const { exporter, page } = await setUp();
    for (const seconds of [1, 2]) await exporter.consume(metricsOf([counter("c", 2, at(seconds), DELTA)], {}));
    expect(await page()).toContain(`c_total{${LABELS}} 4`);
  });

  test("and not one that is older", async () => {
    const { exporter, page } = await setUp();
    await exporter.consume(metricsOf([gauge("g", 1, at(2)), gauge("g", 7, at(1))], {}));
    expect(await page()).toContain(`g{${LABELS}} 1\n`);
  });

  test("until metric_expiration has passed", async () => {
    const { clock, exporter, page } = await setUp();
    await exporter.consume(metricsOf([gauge("g", 1)], {}));
    clock.advance(300_000);
    expect(await page()).toContain("g{");
    clock.advance(1);
    expect(await page()).toBe("");
  });

  test("until metric_expiration has passed, where nobody scrapes too", async () => {
    const { clock, exporter, page } = await setUp();
    await exporter.consume(metricsOf([gauge("g", 1)], {}));
    for (let i = 0; i < 3; i++) clock.advance(300_000);
    // What comes at an older time would be refused if the series were still there.
    await exporter.consume(metricsOf([gauge("g", 2, at(0))], {}));
    expect(await page()).toContain("g{");
  });

  test("until there is no recorded value", async () => {
    const { exporter, page } = await setUp();
    await exporter.consume(metricsOf([gauge("g", 1, at(1)), gauge("g", 0, { ...at(2), flags: 1 })], {}));
    expect(await page()).not.toContain("g{");
  });
});

test("counts and warns of what Prometheus cannot show", async () => {
  const { exporter, page, lines, meter } = await setUp();
  const delta = { isMonotonic: false, aggregationTemporality: DELTA, dataPoints: [{ asInt: 1n }] };
  await exporter.consume(
    metricsOf([gauge("x", 1), { name: "up.down", sum: delta }, { name: "x", summary: { dataPoints: [{}] } }], {}),
  );
  expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
    'warn\tMetric cannot be shown to Prometheus\t{"metric": "up.down", "reason": "delta_of_non_monotonic"}',
    'warn\tMetric cannot be shown to Prometheus\t{"metric": "x", "reason": "type_conflict"}',
  ]);
  expect(meter.families()[0]?.samples.map(({ value }) => value)).toEqual([1, 1]);
  expect(await page()).toContain("# TYPE x gauge");
});

test("sends timestamps, and resource attributes as labels, where it is told to", async () => {
  const { exporter, page } = await setUp({
    send_timestamps: true,
    resource_to_telemetry_conversion: { enabled: true },
  });
  await exporter.consume(metricsOf([gauge("g", 1, at(5))], SERVICE));
  expect(await page()).toMatch(/^g\{host_name="h",instance="i1",job="acme\/shop",.*service_name="shop",.*\} 1 5000$/m);
});

test("gives OpenMetrics with exemplars to those who ask", async () => {
  const { exporter, page } = await setUp({ enable_open_metrics: true });
  const exemplar = { traceId: Buffer.alloc(16, 10), spanId: Buffer.alloc(8, 11), asDouble: 1, ...at(7) };
  await exporter.consume(metricsOf([counter("c", 2, { exemplars: [exemplar] })], {}));
  expect(await page("application/openmetrics-text; version=1.0.0")).toBe(
    `# HELP c Number of c.
# TYPE c counter
c_total{${LABELS}} 2 # {trace_id="${"0a".repeat(16)}",span_id="${"0b".repeat(8)}"} 1 7
# EOF
`,
  );
});

test.skipIf(!hasPromtool)("passes promtool check metrics (needs promtool)", async () => {
  const { exporter, page } = await setUp({ namespace: "myapp" });
  const point = { count: 6n, sum: 12.5, explicitBounds: [0.5, 1], bucketCounts: [1n, 2n, 3n], ...at(1) };
  const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
  await exporter.consume(
    metricsOf(
      [
        counter("orders.created", 1),
        gauge("queue.length", 2),
        { name: "latency", unit: "s", description: "Latency.", histogram },
        { name: "quiet", gauge: { dataPoints: [{ asInt: 1n, ...at(1) }] } },
      ],
      SERVICE,
    ),
  );
  expect(promtoolComplaints(await page())).toBe("");
});
