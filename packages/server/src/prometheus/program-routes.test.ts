import type { Clock } from "@clew/base";
import { type Family, ScrapedTargets, type ScrapedTarget } from "@clew/collector";
import { EXPERIMENTAL_FEATURES, Labels, STABLE_FEATURES } from "@clew/query";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { MemoryQuerier } from "../../../query/src/promql/memory-querier.ts";
import { prometheusApi, type PrometheusApiSettings } from "./prometheus-api.ts";
import { EMPTY_STATE } from "./program-state.test-kit.ts";

const clock: Clock = { nowMs: () => 1_700_000_100_000, after: () => () => undefined, every: () => () => undefined };

function apiWith(settings: Partial<PrometheusApiSettings> = {}): ReturnType<typeof prometheusApi> {
  const querier = new MemoryQuerier();
  querier.add(Labels.of({ __name__: "up" }), 1, 1);
  return prometheusApi({ querier, clock, version: "3.5.0", state: EMPTY_STATE, ...settings });
}

async function answer(path: string, settings: Partial<PrometheusApiSettings> = {}, method = "GET"): Promise<unknown[]> {
  const response = await apiWith(settings).request(path, { method });
  const text = await response.text();
  return [response.status, text.startsWith("{") ? (JSON.parse(text) as unknown) : text];
}

const success = (data: unknown): unknown[] => [200, { status: "success", data }];
const failure = (error: string): unknown[] => [400, { status: "error", errorType: "bad_data", error }];

test("the program tells how it was started and how it is", async () => {
  const state = { ...EMPTY_STATE, configText: "otlp: {}\n", corruptions: () => 2 };
  expect(await answer("/api/v1/status/config", { state })).toEqual(success({ yaml: "otlp: {}\n" }));
  expect(await answer("/api/v1/status/flags")).toEqual(success({ "query.timeout": "2m" }));
  expect(await answer("/api/v1/status/runtimeinfo", { state })).toMatchObject(
    success({
      startTime: "2023-11-14T22:13:20.000Z",
      serverTime: "2023-11-14T22:15:00.000Z",
      CWD: process.cwd(),
      corruptionCount: 2,
      storageRetention: "15d",
    }),
  );
  expect(await answer("/version")).toMatchObject([200, { version: "3.5.0" }]);
  expect(await answer("/api/v1/status/walreplay")).toEqual(success({ min: 0, max: 0, current: 0 }));
  expect(await answer("/api/v1/status/tsdb/blocks")).toEqual(success({ blocks: [] }));
});

test("statistics of series are as many as are asked for", async () => {
  const limits: number[] = [];
  const statistics: typeof EMPTY_STATE.statistics = async (limit, signal) => {
    limits.push(limit);
    return { ...(await EMPTY_STATE.statistics(limit, signal)), series: 3, seriesByName: [{ name: "up", value: 3 }] };
  };
  const state = { ...EMPTY_STATE, statistics };
  expect(await answer("/api/v1/status/tsdb?limit=7", { state })).toEqual(
    success({
      headStats: { numSeries: 3, numLabelPairs: 0, chunkCount: 0, minTime: 0, maxTime: 0 },
      seriesCountByMetricName: [{ name: "up", value: 3 }],
      labelValueCountByLabelName: [],
      memoryInBytesByLabelName: [],
      seriesCountByLabelValuePair: [],
    }),
  );
  await answer("/api/v1/status/tsdb", { state });
  expect(limits).toEqual([7, 10]);
  expect(await answer("/api/v1/status/tsdb?limit=0")).toEqual(failure("limit must be a positive number"));
  expect(await answer("/api/v1/status/tsdb?limit=x")).toEqual(failure("limit must be a positive number"));
  expect(await answer("/api/v1/status/tsdb?limit=10001")).toEqual(failure("limit must not exceed 10000"));
});

test("features name what can be asked for, receivers where there are some", async () => {
  const features = async (settings: Partial<PrometheusApiSettings> = {}): Promise<unknown> => {
    const [, body] = await answer("/api/v1/features", settings);
    return (body as { data: unknown }).data;
  };
  expect(await features()).toMatchObject({
    api: { remote_write_receiver: false, admin: false },
    prometheus: { auto_reload_config: false },
    promql: { anchored: false, fill: false, duration_expr: true, delayed_name_removal: false, per_step_stats: false },
    promql_functions: { rate: true, info: false, histogram_quantiles: false },
    promql_operators: { "+": true, unless: true, limit_ratio: false, "=~": true },
  });
  const promql = { ...EXPERIMENTAL_FEATURES, perStepStatistics: true };
  expect(await features({ promql, switchedOn: { autoReload: true } })).toMatchObject({
    prometheus: { auto_reload_config: true },
    promql: { anchored: true, fill_left: true, delayed_name_removal: true, per_step_stats: true, bool: true },
    promql_functions: { rate: true, info: true, start: true },
    promql_operators: { "+": true, limitk: true },
  });
  const receivers = { clock, write: async () => undefined };
  expect(await features({ receivers })).toMatchObject({ api: { remote_write_receiver: true, lifecycle: false } });
  const live = { lastReload: undefined, reload: async () => {} };
  expect(await features({ live })).toMatchObject({ api: { lifecycle: true } });
});

test.each([
  ["info(up)", '1:1: parse error: function "info" is not enabled'],
  ["sum(up) + mad_over_time(up[5m])", '1:11: parse error: function "mad_over_time" is not enabled'],
  [
    "limitk(1, up)",
    "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
  ],
  ["sum(up + fill(0) up)", "1:5: parse error: binop fill modifiers are experimental and not enabled"],
  ["sum(up smoothed)", "1:5: parse error: smoothed modifier is experimental and not enabled"],
  ["rate(up[1m] anchored)", "1:6: parse error: anchored modifier is experimental and not enabled"],
])("%s is refused wherever a query is read, until it is switched on", async (query, problem) => {
  const paths = ["query?", "query_range?start=0&end=1&step=1&", "format_query?", "parse_query?"];
  for (const path of paths) {
    const url = `/api/v1/${path}query=${encodeURIComponent(query)}`;
    expect(await answer(url)).toEqual(failure(`invalid parameter "query": ${problem}`));
    expect(await answer(url, { promql: EXPERIMENTAL_FEATURES })).toMatchObject([200, { status: "success" }]);
  }
  const exemplars = `/api/v1/query_exemplars?query=${encodeURIComponent(query)}`;
  expect(await answer(exemplars)).toEqual(failure(problem));
});

test("statistics tell of each step where that is switched on and all is wanted", async () => {
  const promql = { ...STABLE_FEATURES, perStepStatistics: true };
  const samplesOf = async (stats: string, settings: Partial<PrometheusApiSettings>): Promise<unknown> => {
    const [, body] = await answer(`/api/v1/query_range?query=up&start=0&end=2&step=1&stats=${stats}`, settings);
    return (body as { data: { stats: { samples: unknown } } }).data.stats.samples;
  };
  const whole = { totalQueryableSamples: 2, samplesRead: 2, peakSamples: expect.any(Number) as number };
  expect(await samplesOf("all", {})).toEqual(whole);
  expect(await samplesOf("true", { promql })).toEqual(whole);
  const perStep = [
    [0, 0],
    [1, 1],
    [2, 1],
  ];
  expect(await samplesOf("all", { promql })).toEqual({
    ...whole,
    totalQueryableSamplesPerStep: perStep,
    samplesReadPerStep: perStep,
  });
});

test("Alertmanagers are listed that hear of alerts, and those that relabelling dropped", async () => {
  const rules = {
    groups: [],
    alertmanager: undefined,
    alertmanagers: ["http://a/x"],
    droppedAlertmanagers: ["http://b/y"],
  };
  expect(await answer("/api/v1/alertmanagers", { rules })).toEqual(
    success({ activeAlertmanagers: [{ url: "http://a/x" }], droppedAlertmanagers: [{ url: "http://b/y" }] }),
  );
  const none = success({ activeAlertmanagers: [], droppedAlertmanagers: [] });
  expect(await answer("/api/v1/alertmanagers")).toEqual(none);
});

test("notifications are what is the matter, with the time since when", async () => {
  let warnings = ["the disk is full"];
  let nowMs = 1_700_000_000_000;
  const state = { ...EMPTY_STATE, warnings: () => warnings };
  const app = apiWith({ state, clock: { ...clock, nowMs: () => nowMs } });
  const list = async (): Promise<unknown> =>
    ((await (await app.request("/api/v1/notifications")).json()) as { data: unknown }).data;
  const first = { text: "the disk is full", date: "2023-11-14T22:13:20.000Z", active: true };
  expect(await list()).toEqual([first]);
  nowMs += 1_000;
  warnings = ["the disk is full", "another"];
  expect(await list()).toEqual([first, { text: "another", date: "2023-11-14T22:13:21.000Z", active: true }]);
  const response = await app.request("/api/v1/notifications/live");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events = async (): Promise<unknown> => {
    const { value = "" } = await reader.read();
    return JSON.parse(value.replace("data: ", "")) as unknown;
  };
  expect([await events(), await events()]).toMatchObject([first, { text: "another" }]);
  warnings = [];
  expect(await events()).toEqual({ ...first, active: false });
  await reader.cancel();
});

test("what Prometheus has switched off is switched off, in its words", async () => {
  for (const path of ["delete_series?match[]=up", "clean_tombstones", "snapshot"])
    for (const method of ["POST", "PUT"])
      expect(await answer(`/api/v1/admin/tsdb/${path}`, {}, method)).toEqual([
        500,
        { status: "error", errorType: "unavailable", error: "admin APIs disabled" },
      ]);
  expect(await answer("/-/quit", {}, "POST")).toEqual([403, "Lifecycle API is not enabled."]);
  expect(await answer("/-/quit", {}, "GET")).toEqual([405, "Only POST or PUT requests allowed"]);
  expect(await answer("/-/healthy", {}, "HEAD")).toEqual([200, ""]);
});

test("the program's own metrics are told as Prometheus's messages in JSON", async () => {
  const counter: Family = {
    name: "sent_total",
    type: "counter",
    help: "Sent.",
    samples: [{ suffix: "", labels: { to: "a" }, value: 3 }],
  };
  const histogram: Family = {
    name: "took",
    type: "histogram",
    help: "",
    samples: [
      { suffix: "_bucket", labels: { to: "a", le: "1" }, value: 2 },
      { suffix: "_bucket", labels: { to: "a", le: "+Inf" }, value: 3 },
      { suffix: "_sum", labels: { to: "a" }, value: 4.5 },
      { suffix: "_count", labels: { to: "a" }, value: 3 },
    ],
  };
  const ownMetrics = (): readonly Family[] => [counter, histogram];
  const label = [{ name: "to", value: "a" }];
  const sent = { name: "sent_total", help: "Sent.", type: "COUNTER", metric: [{ label, counter: { value: 3 } }] };
  const bucket = [
    { cumulativeCount: "2", upperBound: 1 },
    { cumulativeCount: "3", upperBound: "Infinity" },
  ];
  const took = {
    name: "took",
    help: "",
    type: "HISTOGRAM",
    metric: [{ label, histogram: { sampleCount: "3", sampleSum: 4.5, bucket } }],
  };
  expect(await answer("/api/v1/status/self_metrics", { ownMetrics })).toEqual(success([sent, took]));
  const sentOnly = await answer("/api/v1/status/self_metrics?metric_name_pattern=sent.*", { ownMetrics });
  expect(sentOnly).toEqual(success([sent]));
});

const scraped: ScrapedTarget = {
  url: "http://a:1/metrics",
  labels: new Map([
    ["instance", "a:1"],
    ["job", "shop"],
  ]),
  discovered: new Map([["__address__", "a:1"]]),
  intervalMs: 15_000,
  timeoutMs: 10_000,
  lastScrapeMs: 1_700_000_000_000,
  lastScrapeSeconds: 0.25,
  lastError: "connection refused",
  isUp: false,
  metadata: [
    { metric: "mine", type: "gauge", help: "What.", unit: "" },
    { metric: "yours", type: "counter", help: "", unit: "bytes" },
  ],
};
const targets = new ScrapedTargets();
targets.add(() => ({
  name: "shop",
  config: { job_name: "shop", scheme: "http" },
  active: [scraped, { ...scraped, labels: new Map([["job", "new"]]), lastScrapeMs: undefined, isUp: undefined }],
  dropped: [new Map([["__address__", "b:1"]])],
  relabelSteps: (labels) => [{ rule: { action: "replace" }, output: labels, keep: true }],
}));
targets.add(() => ({ name: "empty", config: {}, active: [], dropped: [], relabelSteps: () => [] }));

test("targets are shown with their state, by pool and by what is wanted", async () => {
  const shown = {
    discoveredLabels: { __address__: "a:1" },
    labels: { instance: "a:1", job: "shop" },
    scrapePool: "shop",
    scrapeUrl: "http://a:1/metrics",
    globalUrl: "http://a:1/metrics",
    lastError: "connection refused",
    lastScrape: "2023-11-14T22:13:20.000Z",
    lastScrapeDuration: 0.25,
    health: "down",
    scrapeInterval: "15s",
    scrapeTimeout: "10s",
  };
  const fresh = { ...shown, labels: { job: "new" }, lastScrape: "0001-01-01T00:00:00Z", health: "unknown" };
  const dropped = [{ discoveredLabels: { __address__: "b:1" }, scrapePool: "shop" }];
  const counts = { empty: 0, shop: 1 };
  const all = { activeTargets: [shown, fresh], droppedTargets: dropped, droppedTargetCounts: counts };
  expect(await answer("/api/v1/targets", { targets })).toEqual(success(all));
  expect(await answer("/api/v1/targets?state=ANY&scrapePool=shop", { targets })).toEqual(success(all));
  const none = { activeTargets: [], droppedTargets: [] };
  expect(await answer("/api/v1/targets?scrapePool=empty", { targets })).toEqual(
    success({ ...none, droppedTargetCounts: counts }),
  );
  expect(await answer("/api/v1/targets?state=dropped", { targets })).toEqual(success({ ...all, activeTargets: [] }));
  expect(await answer("/api/v1/targets?state=active", { targets })).toEqual(
    success({ ...all, droppedTargets: [], droppedTargetCounts: null }),
  );
  expect(await answer("/api/v1/targets")).toEqual(success({ ...none, droppedTargetCounts: {} }));
});

test("scrape pools, their settings, and what relabelling does", async () => {
  expect(await answer("/api/v1/scrape_pools", { targets })).toEqual(success({ scrapePools: ["empty", "shop"] }));
  const [, body] = await answer("/api/v1/scrape_pools/config?scrapePool=shop", { targets });
  expect(parse((body as { data: { yaml: string } }).data.yaml)).toEqual({ job_name: "shop", scheme: "http" });
  const labels = encodeURIComponent('{"a":"b"}');
  expect(await answer(`/api/v1/targets/relabel_steps?scrapePool=shop&labels=${labels}`, { targets })).toEqual(
    success({ steps: [{ rule: { action: "replace" }, output: { a: "b" }, keep: true }] }),
  );
  const refusals = [
    ["scrape_pools/config", "no scrapePool parameter provided"],
    ["scrape_pools/config?scrapePool=no", 'error retrieving scrape config: scrape pool "no" not found'],
    ["targets/relabel_steps?scrapePool=shop", "no labels parameter provided"],
    ["targets/relabel_steps?scrapePool=shop&labels=[]", "error parsing labels: expected an object of texts"],
    ["targets/metadata?limit=x", "limit must be a number"],
    [
      "targets/metadata?match_target={",
      'invalid parameter "match_target": 1:2: parse error: unexpected end of input inside braces',
    ],
  ] as const;
  for (const [path, error] of refusals) expect(await answer(`/api/v1/${path}`, { targets })).toEqual(failure(error));
});

test("targets tell of their metrics, of one or of all", async () => {
  const metadata = async (query: string): Promise<unknown> => {
    const [, body] = await answer(`/api/v1/targets/metadata?${query}`, { targets });
    return (body as { data: unknown }).data;
  };
  const target = { instance: "a:1", job: "shop" };
  expect(await metadata('match_target={job="shop"}')).toEqual([
    { target, metric: "mine", type: "gauge", help: "What.", unit: "" },
    { target, metric: "yours", type: "counter", help: "", unit: "bytes" },
  ]);
  expect(await metadata("metric=mine&limit=1")).toEqual([{ target, type: "gauge", help: "What.", unit: "" }]);
  expect(await metadata("metric=nobodys")).toEqual([]);
});
