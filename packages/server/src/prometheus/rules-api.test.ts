/** Rules on a real store, read over real HTTP. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@clew/base";
import { Labels, STABLE_FEATURES } from "@clew/query";
import { RuleManager } from "@clew/rules";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { listen, type ListeningServer, prometheusApp } from "../http-server.ts";
import { querierOf } from "../metrics/querier-of.ts";
import { requestV1 } from "../remote-write/remote-write.test-kit.ts";
import { sampleWriter } from "../remote-write/sample-writer.ts";
import type { Json } from "../running-server.test-kit.ts";

const RULES = `groups:
- name: rec
  interval: 2h
  rules:
  - record: job:probe:sum
    expr: sum by (job) (probe_value)
    labels: {team: core}
  - alert: ProbeHigh
    expr: probe_value > 5
    for: 4s
    keep_firing_for: 10s
    labels: {severity: page, tier: '{{ $labels.zone }}'}
    annotations: {summary: 'Probe {{ $labels.instance }} is {{ $value | humanize }}', description: '{{ with query "job:probe:sum" }}{{ . | first | value }}{{ end }}'}
  - alert: NeverFires
    expr: probe_value > 1e9
`;
const MORE = `groups:
- {name: a, limit: 3, rules: [{record: latency, expr: probe_latency}, {record: wrong, expr: 'probe_value * on () probe_twice'}]}
- {name: b, rules: [{alert: Traced, expr: 'increase(probe_requests_total[5m]) > 0'}, {record: gone, expr: probe_gone > 0}]}
`;
const FILES = [
  { path: "more.yml", text: MORE },
  { path: "rules.yml", text: RULES },
];
const PROBE = { job: "probe", instance: "127.0.0.1:19094", zone: "eu" };

let running: RunningStore;
let manager: RuleManager;
let server: ListeningServer;
let files = FILES;
const startMs = Math.floor(Date.now() / 1_000) * 1_000;

beforeAll(async () => {
  running = await openStore();
  const { store } = running;
  const querier = querierOf(store, { clock: systemClock, cacheBytes: 2 ** 26 });
  manager = await RuleManager.start({
    clock: systemClock,
    querier,
    features: STABLE_FEATURES,
    write: sampleWriter({ clock: systemClock, write: (payload) => store.write(payload) }),
    load: async () => files,
    notify: () => {},
    report: () => {},
    measure: { rule: () => {}, group: () => {} },
    externalLabels: Labels.empty,
    externalUrl: "http://clew",
    defaultIntervalMs: 7_200_000,
  });
  const app = prometheusApp({
    store,
    querier,
    clock: systemClock,
    uiDirectory: "",
    status: (() => ({})) as never,
    access: { token: undefined, loopback: true },
    rules: {
      get groups() {
        return manager.groups;
      },
      alertmanagers: ["http://127.0.0.1:19093/api/v2/alerts"],
      droppedAlertmanagers: [],
      alertmanager: undefined,
    },
    live: { prometheus: undefined, lastReload: undefined, reload: () => manager.reload() },
  });
  server = await listen(app, "127.0.0.1", 0);
  await write();
  // Rules that were there before are not evaluated, but restored: two evaluations, as the schedule has them.
  for (const group of manager.groups)
    for (const seconds of [0, 2, 4]) {
      await group.evaluate(startMs - 10_000 + seconds * 1_000);
      if (seconds === 2) await group.restore(startMs);
    }
  await store.flush();
});

afterAll(async () => {
  await server.close();
  await manager.stop();
  await running.stop();
});

async function write(): Promise<void> {
  const at = (secondsBack: number, value: number): { value: number; timestamp: number } => ({
    value,
    timestamp: startMs - secondsBack * 1_000,
  });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const body = requestV1([
    { labels: { __name__: "probe_value", ...PROBE }, samples: [at(30, 7.5)] },
    { labels: { __name__: "probe_twice", side: "left" }, samples: [at(30, 1)] },
    { labels: { __name__: "probe_twice", side: "right" }, samples: [at(30, 1)] },
    { labels: { __name__: "probe_gone" }, samples: [at(30, 1), at(9, -1)] },
    {
      labels: { __name__: "probe_requests_total", job: "probe" },
      samples: [at(60, 1), at(30, 5)],
      exemplars: [{ labels: { trace_id: trace, span_id: "b7ad6b7169203331" }, value: 5, timestamp: startMs - 30_000 }],
    },
    {
      labels: { __name__: "probe_latency", job: "probe" },
      histograms: [
        {
          countFloat: 3.5,
          sum: 4.25,
          schema: 1,
          zeroThreshold: 0.001,
          zeroCountFloat: 0.5,
          positiveSpans: [{ offset: 1, length: 2 }],
          positiveCounts: [1, 2],
          timestamp: startMs - 30_000,
        },
      ],
    },
  ]);
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/write`, { method: "POST", body });
  expect(response.status).toBe(204);
  await running.store.flush();
}

async function get(path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, body: await response.json() };
}

async function groups(parameters: string): Promise<Json[]> {
  return (await get(`/api/v1/rules?${parameters}`)).body.data.groups;
}

async function ruleNames(parameters: string): Promise<string[]> {
  return (await groups(parameters)).flatMap(({ rules }) => rules.map(({ name }: Json) => name));
}

async function query(text: string): Promise<Json[]> {
  const time = (startMs - 6_000) / 1_000;
  return (await get(`/api/v1/query?query=${encodeURIComponent(text)}&time=${time}`)).body.data.result;
}

test("what rules wrote is answered by PromQL: samples, alerts' states, native histograms, and that series ended", async () => {
  expect(await query("job:probe:sum")).toMatchObject([
    { metric: { __name__: "job:probe:sum", job: "probe", team: "core" }, value: [expect.any(Number), "7.5"] },
  ]);
  const alert = { alertname: "ProbeHigh", ...PROBE, severity: "page", tier: "eu" };
  expect(await query('ALERTS{alertname="ProbeHigh"}')).toMatchObject([{ metric: { ...alert, alertstate: "firing" } }]);
  const since = (startMs - 10_000) / 1_000;
  expect(await query('ALERTS_FOR_STATE{alertname="ProbeHigh"}')).toMatchObject([
    { metric: alert, value: [expect.any(Number), String(since)] },
  ]);
  const [original] = await query("probe_latency");
  const [recorded] = await query("latency");
  expect(recorded.histogram[1]).toEqual(original.histogram[1]);
  expect(recorded.histogram[1]).toMatchObject({ count: "3.5", sum: "4.25" });
  expect(await query("gone")).toEqual([]);
  expect(await query("gone offset 3s")).toHaveLength(1);
});

test("a failing rule says why, as Prometheus does", async () => {
  const [group] = await groups("rule_name[]=wrong");
  expect(group.rules).toMatchObject([
    {
      health: "err",
      lastError: expect.stringMatching(/^found duplicate series for the match group/),
      type: "recording",
    },
  ]);
});

test("an alert leads to its traces", async () => {
  const [group] = await groups("rule_name[]=Traced");
  expect(group.rules[0].alerts).toMatchObject([
    {
      state: "firing",
      evidence: {
        traceIds: ["0af7651916cd43dd8448eb211c80319c"],
        exemplars: [
          {
            seriesLabels: { __name__: "probe_requests_total", job: "probe" },
            value: "5",
            timestamp: startMs / 1_000 - 30,
          },
        ],
      },
    },
  ]);
  expect(group.rules[0].alerts[0].evidence.exemplars[0].labels.span_id).toBe("b7ad6b7169203331");
});

test("filters by kind, rule, group, file and labels hold together, and groups without rules are left out", async () => {
  const all = ["latency", "wrong", "Traced", "gone", "job:probe:sum", "ProbeHigh", "NeverFires"];
  expect(await ruleNames("")).toEqual(all);
  expect(await ruleNames("type=ALERT")).toEqual(["Traced", "ProbeHigh", "NeverFires"]);
  expect(await ruleNames("type=record&rule_group[]=rec")).toEqual(["job:probe:sum"]);
  expect(await ruleNames("rule_name[]=Traced&rule_name[]=latency")).toEqual(["latency", "Traced"]);
  expect(await ruleNames("file[]=rules.yml&type=alert")).toEqual(["ProbeHigh", "NeverFires"]);
  expect(await ruleNames(`match[]=${encodeURIComponent('{team="core"}')}`)).toEqual(["job:probe:sum"]);
  expect(await ruleNames(`match[]={team="core"}&match[]={severity=~".%2B"}`)).toEqual(["job:probe:sum", "ProbeHigh"]);
  expect((await groups("type=alert")).map(({ name }) => name)).toEqual(["b", "rec"]);
  const [{ rules }] = await groups("rule_name[]=ProbeHigh&exclude_alerts=true");
  expect(rules[0].alerts).toBeNull();
});

test("groups come in pages", async () => {
  const first = (await get("/api/v1/rules?group_limit=2")).body.data;
  expect(first.groups.map(({ name }: Json) => name)).toEqual(["a", "b"]);
  const rest = (await get(`/api/v1/rules?group_limit=2&group_next_token=${first.groupNextToken}`)).body.data;
  expect(rest.groups.map(({ name }: Json) => name)).toEqual(["rec"]);
  expect(rest.groupNextToken).toBeUndefined();
});

test.each([
  ["type=bad", 'invalid parameter "type": not supported value "bad"'],
  [
    "exclude_alerts=no",
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "no": invalid syntax',
  ],
  [
    "group_limit=x",
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  ["group_limit=0", 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
  [
    "group_next_token=t",
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  ],
  [
    "group_limit=1&group_next_token=t",
    "invalid parameter \"group_next_token\": invalid group_next_token 't'. were rule groups changed?",
  ],
  ["match[]={}", "match[] must contain at least one non-empty matcher"],
])("%s is refused: %s", async (parameters, error) => {
  expect(await get(`/api/v1/rules?${parameters}`)).toEqual({
    status: 400,
    body: { status: "error", errorType: "bad_data", error },
  });
});

test("reloading takes new files, and keeps the old rules where they have faults", async () => {
  const reload = (): Promise<Response> => fetch(`http://127.0.0.1:${server.port}/-/reload`, { method: "POST" });
  files = [...FILES, { path: "bad.yml", text: "groups: [{name: x, rules: [{record: y}]}]" }];
  const refused = await reload();
  expect(refused.status).toBe(500);
  expect(await refused.text()).toMatch(/^failed to reload config: bad.yml: .*field 'expr' must be set in rule\n$/);
  expect(await ruleNames("rule_group[]=rec")).toHaveLength(3);
  files = [...FILES, { path: "more2.yml", text: "groups: [{name: x, rules: [{record: y, expr: up}]}]" }];
  expect((await reload()).status).toBe(200);
  expect(await groups("rule_group[]=x")).toMatchObject([{ lastEvaluation: "0001-01-01T00:00:00Z" }]);
  const cross = await fetch(`http://127.0.0.1:${server.port}/-/reload`, {
    method: "POST",
    headers: { "sec-fetch-site": "cross-site" },
  });
  expect(cross.status).toBe(403);
});

const GOLDEN = join(process.env["CLEW_CONFORMANCE_DIR"] ?? "", "prometheus/api_golden/http_api_prometheus_2.42.json");

test.skipIf(!existsSync(GOLDEN))("answers are those of a Prometheus that had the same rules and data", async () => {
  const golden: Json[] = JSON.parse(readFileSync(GOLDEN, "utf8"));
  for (const path of [
    "/api/v1/rules",
    "/api/v1/rules?type=alert",
    "/api/v1/rules?type=record",
    "/api/v1/rules?type=bad",
    "/api/v1/alerts",
    "/api/v1/alertmanagers",
  ]) {
    const wanted = golden.find(({ request }) => request.path === path);
    const { status, body } = await get(path);
    body.data = ours(body.data);
    expect({ path, status, body: timeless(body) }).toEqual({
      path,
      status: wanted.status,
      body: timeless(wanted.body),
    });
  }
});

/** Only what the other Prometheus had, too. */
function ours(data: Json): Json {
  if (data?.groups !== undefined) return { groups: data.groups.filter(({ name }: Json) => name === "rec") };
  if (data?.alerts === undefined) return data;
  return { alerts: data.alerts.filter(({ labels }: Json) => labels.alertname === "ProbeHigh") };
}

/** Times and durations are what they are, but of the same form. */
function timeless(body: Json): Json {
  const text = JSON.stringify(body, (key, value) => {
    if (key === "evaluationTime") return typeof value;
    if (key === "interval") return "interval";
    // Prometheus 3 writes numbers of queries without an exponent.
    if (key === "query") return value.replace("1e+09", "1000000000");
    return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? "time" : value;
  });
  return JSON.parse(text);
}
