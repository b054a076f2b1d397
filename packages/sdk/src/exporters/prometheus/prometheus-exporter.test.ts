import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import {
  AggregationType,
  MeterProvider,
  type MeterProviderConfig,
  PrometheusExporter,
  type PrometheusExporterConfig,
  resourceFromAttributes,
} from "../../index.ts";
import { ManualClock } from "../../manual-clock.test-kit.ts";
import { SAMPLED } from "../../metrics/collected-metrics.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0";
const PROMTOOL = "promtool";
const hasPromtool = spawnSync(PROMTOOL, ["--version"]).status === 0;

const running: PrometheusExporter[] = [];
afterEach(async () => {
  unregisterAll();
  await Promise.all(running.splice(0).map((exporter) => exporter.shutdown()));
});

async function setUp(config: PrometheusExporterConfig = {}, providerConfig: MeterProviderConfig = {}) {
  const exporter = new PrometheusExporter({ host: "127.0.0.1", port: 0, env: {}, ...config });
  running.push(exporter);
  await exporter.startServer();
  const clock = new ManualClock();
  const resource = resourceFromAttributes({ "service.name": "shop", "host.id": 7 });
  const provider = new MeterProvider({
    resource,
    readers: [exporter],
    clock,
    env: {},
    ...providerConfig,
  });
  const page = (accept?: string, path = "/metrics"): Promise<Response> =>
    fetch(`http://127.0.0.1:${exporter.port}${path}`, accept === undefined ? {} : { headers: { accept } });
  const lines = async (accept?: string): Promise<string[]> => (await (await page(accept)).text()).trimEnd().split("\n");
  return { clock, exporter, provider, meter: provider.getMeter("m", "2"), page, lines };
}

const SCOPE = 'otel_scope_name="m",otel_scope_version="2"';

test("a page has every metric in the text format, with its scope and the target", async () => {
  const { meter, page } = await setUp();
  meter.createCounter("http.requests", { unit: "By", description: "of\nall" }).add(3, { "http.route": '/a\\"b\n' });
  meter.createUpDownCounter("queue").add(-2);
  meter.createGauge("load", { unit: "1" }).record(0.5, { flags: ["a", "b"] });
  const histogram = meter.createHistogram("duration", { unit: "s", advice: { explicitBucketBoundaries: [0.5, 1] } });
  for (const value of [0.25, 0.75, 4]) histogram.record(value);
  const response = await page();
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  expect(await response.text()).toBe(`# HELP target_info Target metadata
# TYPE target_info gauge
target_info{host_id="7",service_name="shop"} 1
# HELP http_requests_bytes_total of\\nall
# TYPE http_requests_bytes_total counter
http_requests_bytes_total{${SCOPE},http_route="/a\\\\\\"b\\n"} 3
# TYPE queue gauge
queue{${SCOPE}} -2
# TYPE load_ratio gauge
load_ratio{${SCOPE},flags="[\\"a\\",\\"b\\"]"} 0.5
# TYPE duration_seconds histogram
duration_seconds_bucket{${SCOPE},le="0.5"} 1
duration_seconds_bucket{${SCOPE},le="1"} 2
duration_seconds_bucket{${SCOPE},le="+Inf"} 3
duration_seconds_sum{${SCOPE}} 5
duration_seconds_count{${SCOPE}} 3
`);
});

test("OpenMetrics has units, and exemplars with the trace that they are of", async () => {
  const { meter, lines } = await setUp({ withoutScopeInfo: true });
  meter.createCounter("requests", { unit: "By" }).add(3, {}, SAMPLED);
  meter.createHistogram("d", { advice: { explicitBucketBoundaries: [10] } }).record(4, {}, SAMPLED);
  meter.createGauge("g").record(4, {}, SAMPLED);
  const exemplar = `# {trace_id="${"1".repeat(32)}",span_id="${"2".repeat(16)}"}`;
  expect(await lines(OPEN_METRICS)).toEqual([
    "# TYPE target info",
    "# HELP target Target metadata",
    'target_info{host_id="7",service_name="shop"} 1',
    "# TYPE requests_bytes counter",
    "# UNIT requests_bytes bytes",
    `requests_bytes_total 3 ${exemplar} 3 1767323045.000`,
    "# TYPE d histogram",
    `d_bucket{le="10.0"} 1 ${exemplar} 4 1767323045.000`,
    'd_bucket{le="+Inf"} 1',
    "d_sum 4",
    "d_count 1",
    "# TYPE g gauge",
    "g 4",
    "# EOF",
  ]);
});

test.each([
  ["UnderscoreEscapingWithSuffixes", "foo_bar_bytes_total", "foo_bar_bytes_total"],
  ["UnderscoreEscapingWithoutSuffixes", "foo_bar", "foo_bar"],
  ["NoUTF8EscapingWithSuffixes", "foo_bar_bytes_total", '{"foo.bar_bytes_total"}'],
  ["NoTranslation", "foo_bar", '{"foo.bar"}'],
] as const)("%s names a counter %s, or %s where all characters are allowed", async (strategy, escaped, utf8) => {
  const { meter, lines } = await setUp({
    translationStrategy: strategy,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  meter.createCounter("foo.bar", { unit: "By" }).add(1);
  const series = async (accept?: string): Promise<string | undefined> => (await lines(accept)).at(-1)?.split(" ")[0];
  expect([await series(), await series("text/plain;version=0.0.4;escaping=underscores")]).toEqual([escaped, escaped]);
  expect(await series("text/plain;version=0.0.4;escaping=allow-utf-8")).toBe(utf8);
});

test("a counter that gets no suffix is of no known type in OpenMetrics, which would want one", async () => {
  const config = { translationStrategy: "NoTranslation", withoutScopeInfo: true, withoutTargetInfo: true } as const;
  const { meter, lines } = await setUp(config);
  meter.createCounter("foo.bar").add(1, { "a.b": 1 }, SAMPLED);
  expect(await lines(`${OPEN_METRICS};escaping=allow-utf-8`)).toEqual([
    '# TYPE "foo.bar" unknown',
    '{"foo.bar","a.b"="1"} 1',
    "# EOF",
  ]);
  expect(await lines(`${OPEN_METRICS};escaping=dots`)).toContain('foo_dot_bar{a_dot_b="1"} 1');
  expect(await lines(`${OPEN_METRICS};escaping=values`)).toContain('U__foo_2E_bar{U__a_2E_b="1"} 1');
});

test("prefix, timestamps, path and resource labels are as configured", async () => {
  const { meter, page } = await setUp({
    prefix: "shop",
    endpoint: "custom",
    appendTimestamp: true,
    withResourceConstantLabels: /^service\./g,
    withoutTargetInfo: true,
  });
  meter.createCounter("requests").add(1);
  expect((await page()).status).toBe(404);
  const text = await (await page(undefined, "/custom?x=1")).text();
  expect(text).toContain(`\nshop_requests_total{service_name="shop",${SCOPE}} 1 1767323045000\n`);
});

test("metrics whose types or labels conflict do not spoil the page", async () => {
  const diagnostics = collectDiagnostics();
  const { provider, lines } = await setUp({ withoutScopeInfo: true, withoutTargetInfo: true });
  const [one, other] = [provider.getMeter("a"), provider.getMeter("b")];
  one.createGauge("same").record(1, { "a.b": 1, a_b: 2 });
  other.createGauge("same").record(2, { a_b: "1;2" });
  provider.getMeter("c").createHistogram("same").record(3);
  const expected = ["# TYPE same gauge", 'same{a_b="1;2"} 1'];
  expect([await lines(), await lines()]).toEqual([expected, expected]);
  expect(diagnostics.lines).toEqual([
    "warn Prometheus exporter: same is left out as a histogram: there is a gauge of that name",
    "warn Prometheus exporter: same has several series with the same labels, of which the first is shown",
  ]);
});

test("an exponential histogram is shown by powers of two", async () => {
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM };
  const config = { withoutScopeInfo: true, withoutTargetInfo: true };
  const { meter, lines } = await setUp(config, { views: [{ instrumentName: "*", aggregation }] });
  for (const value of [0, 1, 1.5, 2, 2.5, 100]) meter.createHistogram("h").record(value);
  expect((await lines()).slice(1)).toEqual([
    'h_bucket{le="0"} 1',
    'h_bucket{le="1"} 2',
    'h_bucket{le="2"} 4',
    'h_bucket{le="4"} 5',
    'h_bucket{le="128"} 6',
    'h_bucket{le="+Inf"} 6',
    "h_sum 107",
    "h_count 6",
  ]);
});

test("an exemplar's labels are its ids alone when the attributes would make them too long", async () => {
  const { meter, lines } = await setUp({ withoutScopeInfo: true }, { cardinalityLimit: 1 });
  const counter = meter.createCounter("c");
  counter.add(1, { first: true });
  counter.add(1, { long: "x".repeat(100) }, SAMPLED);
  counter.add(1, { short: "y" });
  const overflow = (await lines(OPEN_METRICS)).find((line) => line.includes("overflow"));
  const ids = `trace_id="${"1".repeat(32)}",span_id="${"2".repeat(16)}"`;
  expect(overflow).toBe(`c_total{otel_metric_overflow="true"} 2 # {${ids}} 1 1767323045.000`);
});

test("a port that is taken is reported, and nothing is thrown", async () => {
  const diagnostics = collectDiagnostics();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const error = await new Promise<Error | undefined>((resolve) => {
    running.push(new PrometheusExporter({ host: "127.0.0.1", port, env: {} }, resolve));
  });
  expect(error?.message).toContain("EADDRINUSE");
  expect(diagnostics.lines[0]).toContain(`cannot listen on 127.0.0.1:${port}`);
  taken.close();
});

test("host and port come from the environment", async () => {
  const { exporter } = await setUp({
    host: undefined as never,
    port: undefined as never,
    env: { OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
  });
  expect(exporter.port).toBeGreaterThan(0);
});

test("a callback that hangs does not lose the page: it has less time than the scraper", async () => {
  const diagnostics = collectDiagnostics();
  const { clock, exporter, meter } = await setUp();
  meter.createCounter("c").add(1);
  const called = new Promise<void>((resolve) => {
    meter.createObservableGauge("g").addCallback(() => {
      resolve();
      return new Promise(() => {});
    });
  });
  const headers = { "X-Prometheus-Scrape-Timeout-Seconds": "2" };
  const answered = fetch(`http://127.0.0.1:${exporter.port}/metrics`, { headers });
  await called;
  await clock.advance(1_500);
  expect(await (await answered).text()).toContain("c_total");
  expect(diagnostics.lines).toEqual(["error Prometheus exporter: collecting failed in part: took longer than 1500 ms"]);
});

test("a server of one's own can show the page", async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true, env: {} });
  running.push(exporter);
  new MeterProvider({ readers: [exporter], env: {} }).getMeter("m").createCounter("c").add(1);
  const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  expect(await (await fetch(`http://127.0.0.1:${port}/anything`)).text()).toContain("c_total{");
  expect(exporter.port).toBeUndefined();
  await new Promise((resolve) => server.close(resolve));
});

test.skipIf(!hasPromtool)(
  "promtool finds nothing to complain of (skipped where promtool is not installed)",
  async () => {
    const { meter, lines } = await setUp();
    meter.createCounter("http.requests", { unit: "By", description: "Bytes" }).add(3, { "http.route": "/ä\n" });
    meter.createHistogram("http.duration", { unit: "s", description: "How long" }).record(0.3, { a: true });
    meter.createGauge("load", { description: "Load" }).record(Number.MIN_VALUE);
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ["check", "metrics"], {
      input: `${(await lines()).join("\n")}\n`,
      encoding: "utf8",
    });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
  },
);
