import { expect, test } from "vitest";
import { alertsOf, failingFor, labelsOf, testWorld } from "./rules.test-kit.ts";

const MINUTE = 60_000;

test("a recording rule writes what its expression gives, under its name, with the group's and its own labels", async () => {
  const { set, group, written } = testWorld();
  set('up{job="a",team="old"}', 0, 1);
  await group(`
groups:
- name: g
  labels: {team: web, tier: one}
  rules:
  - {record: "job:up", expr: up, labels: {tier: two}}
`).evaluate(MINUTE);
  expect(written).toEqual(['job:up{job="a", team="web", tier="two"} 1 @60']);
});

test("a rule sees at once what the rules before it wrote, however long the store takes", async () => {
  const { set, group, written } = testWorld({ isSlow: true });
  const chain = group(`
groups:
- name: g
  rules: [{record: a, expr: up * 2}, {record: b, expr: a + a}, {record: c, expr: 'count_over_time(b[5m])'}]
`);
  for (const minute of [1, 2]) {
    set("up", minute * MINUTE, minute);
    await chain.evaluate(minute * MINUTE);
  }
  expect(written).toEqual(["a{} 2 @60", "b{} 4 @60", "c{} 1 @60", "a{} 4 @120", "b{} 8 @120", "c{} 2 @120"]);
});

test("a series that the expression gives no more is ended, once", async () => {
  const { set, group, written } = testWorld();
  const rules = group("groups: [{name: g, rules: [{record: r, expr: up}]}]");
  set('up{job="a"}', 0, 1);
  await rules.evaluate(MINUTE);
  set('up{job="a"}', MINUTE + 1, "stale");
  await rules.evaluate(2 * MINUTE);
  await rules.evaluate(3 * MINUTE);
  expect(written).toEqual(['r{job="a"} 1 @60', 'r{job="a"} stale @120']);
});

test("queries look back by the group's offset, and their samples stand there", async () => {
  const { set, group, written } = testWorld();
  set("up", 30_000, 1);
  set("up", MINUTE, 2);
  const rules = group("groups: [{name: g, query_offset: 20s, rules: [{record: r, expr: up}]}]");
  await rules.evaluate(MINUTE);
  expect(written).toEqual(["r{} 1 @40"]);
});

test("an alert is pending until its time has passed, fires, and is ended when the expression gives it no more", async () => {
  const { set, group, written } = testWorld();
  const rules = group("groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 2m, labels: {severity: page}}]}]");
  const [rule] = alertsOf(rules);
  const states: string[] = [];
  for (const [minute, value] of [0, 0, 0, 1, 1].entries()) {
    set('up{job="a"}', minute * MINUTE, value);
    await rules.evaluate(minute * MINUTE);
    states.push(`${rule?.state} ${rule?.activeAlerts.length}`);
  }
  expect(states).toEqual(["pending 1", "pending 1", "firing 1", "inactive 0", "inactive 0"]);
  const labels = 'alertname="Down"';
  const rest = 'job="a", severity="page"';
  expect(written).toEqual([
    `ALERTS{${labels}, alertstate="pending", ${rest}} 1 @0`,
    `ALERTS_FOR_STATE{${labels}, ${rest}} 0 @0`,
    `ALERTS{${labels}, alertstate="pending", ${rest}} 1 @60`,
    `ALERTS_FOR_STATE{${labels}, ${rest}} 0 @60`,
    `ALERTS{${labels}, alertstate="firing", ${rest}} 1 @120`,
    `ALERTS_FOR_STATE{${labels}, ${rest}} 0 @120`,
    `ALERTS{${labels}, alertstate="pending", ${rest}} stale @120`,
    `ALERTS{${labels}, alertstate="firing", ${rest}} stale @180`,
    `ALERTS_FOR_STATE{${labels}, ${rest}} stale @180`,
  ]);
});

test("keep_firing_for holds an alert, and a new occurrence begins it anew", async () => {
  const { set, group } = testWorld();
  const rules = group("groups: [{name: g, rules: [{alert: Down, expr: up == 0, keep_firing_for: 2m}]}]");
  const [rule] = alertsOf(rules);
  const states: string[] = [];
  for (const [minute, value] of [0, 1, 0, 1, 1, 1].entries()) {
    set("up", minute * MINUTE, value);
    await rules.evaluate(minute * MINUTE);
    const [alert] = rule?.activeAlerts ?? [];
    states.push(`${rule?.state} ${alert?.keepFiringSinceMs ?? "-"}`);
  }
  expect(states).toEqual(["firing -", "firing 60000", "firing -", "firing 180000", "firing 180000", "inactive -"]);
});

test("labels and annotations are templates, and one that fails says so in its place", async () => {
  const { set, group, reports } = testWorld();
  set('up{job="a",__name__="up"}', 0, 0.5);
  const rules = group(`
groups:
- name: g
  rules:
  - alert: Half
    expr: up < 1
    labels: {who: "{{ $labels.job }}-{{ $externalLabels.cluster }}"}
    annotations: {b: '{{ query "up" | first | value }}', a: "{{ $value | humanizePercentage }}", c: "{{ $labels.job.x }}"}
`);
  await rules.evaluate(MINUTE);
  const [alert] = alertsOf(rules)[0]?.activeAlerts ?? [];
  expect(alert?.labels.toObject()).toEqual({ alertname: "Half", job: "a", who: "a-eu" });
  expect([...(alert?.annotations ?? [])]).toEqual([
    ["a", "50%"],
    ["b", "0.5"],
    ["c", expect.stringMatching(/^<error expanding template: error executing template __alert_Half: .*can't evaluate/)],
  ]);
  expect(reports[0]).toContain("rules.yml, group g: Expanding the template of c of the alert Half failed");
});

test.each([
  [
    "{record: r, expr: up, labels: {job: x}}",
    "vector contains metrics with the same labelset after applying rule labels",
  ],
  [
    "{alert: A, expr: up, labels: {job: x}}",
    "vector contains metrics with the same labelset after applying alert labels",
  ],
  ["{record: r, expr: up}", "exceeded limit of 1 with 2 series"],
  ["{alert: A, expr: up}", "exceeded limit of 1 with 2 alerts"],
  ["{record: r, expr: '\"text\"'}", "rule result is not a vector or scalar"],
  ["{record: r, expr: 'up * on () up'}", /^found duplicate series for the match group \{\} on the right hand-side/],
])("%s fails with Prometheus's words, and its neighbours go on", async (rule, text) => {
  const { set, group, written } = testWorld();
  set('up{job="a"}', 0, 1);
  set('up{job="b"}', 0, 1);
  const rules = group(`groups: [{name: g, limit: 1, rules: [${rule}, {record: after, expr: count(up)}]}]`);
  await rules.evaluate(MINUTE);
  expect(rules.rules[0]?.status).toMatchObject({ health: "err", lastError: expect.stringMatching(text) });
  expect(rules.rules[1]?.status).toMatchObject({ health: "ok", lastError: "" });
  expect(written).toEqual(["after{} 2 @60"]);
  expect(rules.counts).toMatchObject({ evaluations: 2, failures: 1, samples: 1 });
});

test("what the store cannot answer or take is the rule's error, and the next evaluation is not the worse for it", async () => {
  let isFull = false;
  const world = testWorld();
  const written: number[] = [];
  const settings = {
    querier: Object.assign(world.store, failingFor("broken", testWorld().store)),
    write: async (samples: readonly { readonly timestampMs: number }[]) => {
      if (isFull) throw new Error("the spool is full");
      written.push(...samples.map(({ timestampMs }) => timestampMs));
    },
  };
  const { group } = testWorld(settings);
  const rules = group("groups: [{name: g, rules: [{record: a, expr: broken}, {record: b, expr: 'vector(1)'}]}]");
  await rules.evaluate(0);
  isFull = true;
  await rules.evaluate(MINUTE);
  expect(rules.rules.map(({ status }) => status.lastError)).toEqual(["the disk is gone", "the spool is full"]);
  isFull = false;
  await rules.evaluate(2 * MINUTE);
  expect(rules.rules[1]?.status.health).toBe("ok");
  expect(written).toEqual([0, 2 * MINUTE]);
});

test("two rules of one series: the first one's sample stands, and the second is told of it", async () => {
  const { group, written } = testWorld();
  const rules = group(
    "groups: [{name: g, rules: [{record: r, expr: '1'}, {record: r, expr: '2'}, {record: r, expr: '1'}]}]",
  );
  await rules.evaluate(MINUTE);
  expect(written).toEqual(["r{} 1 @60"]);
  expect(rules.rules.map(({ status }) => status.lastError)).toEqual([
    "",
    "duplicate sample for timestamp 60000; overrides not allowed: existing 1, new value 2",
    "",
  ]);
});

test("those who are told hear of an alert every minute, at once when it is resolved, and then for a quarter of an hour", async () => {
  const { set, group, notices } = testWorld();
  const rules = group("groups: [{name: g, interval: 20s, rules: [{alert: Down, expr: up == 0}]}]");
  for (let second = 0; second <= 1_400; second += 20) {
    if (second % 60 === 0) set("up", second * 1_000, second < 180 ? 0 : 1);
    await rules.evaluate(second * 1_000);
  }
  const told = notices.map(({ startsAtMs, endsAtMs, isResolved }) => [startsAtMs, endsAtMs / 1_000, isResolved]);
  expect(told.slice(0, 4)).toEqual([
    [0, 240, false],
    [0, 80 + 240, false],
    [0, 160 + 240, false],
    [0, 180, true],
  ]);
  const resolved = told.filter(([, , isResolved]) => isResolved);
  // From 180 s on, every 80 s: the first evaluation that is more than a minute after the last.
  expect(resolved).toHaveLength(1 + Math.floor(900 / 80));
});

test("what fires keeps exemplars of what its expression looked at: the largest, then the newest, one of each trace", async () => {
  const { set, group, store } = testWorld();
  const exemplar = (job: string, second: number, trace: string, value = 1): void =>
    store.addExemplar(labelsOf(`errors_total{job="${job}"}`), {
      labels: labelsOf(`{trace_id="${trace}"}`),
      value,
      timestampMs: second * 1_000,
    });
  for (let minute = 0; minute <= 10; minute++)
    for (const job of ["a", "b"]) set(`errors_total{job="${job}"}`, minute * MINUTE, minute * 10);
  exemplar("a", 10, "too-old");
  for (let i = 0; i < 30; i++) exemplar("a", 400 + i, `t${i % 15}`);
  exemplar("a", 350, "large", 5);
  exemplar("b", 500, "other");
  const rules = group("groups: [{name: g, rules: [{alert: Errors, expr: 'rate(errors_total[5m]) > 0.1', for: 1m}]}]");
  await rules.evaluate(9 * MINUTE);
  expect(alertsOf(rules)[0]?.activeAlerts[0]?.evidence).toBeUndefined();
  await rules.evaluate(10 * MINUTE);
  const [a, b] = alertsOf(rules)[0]?.activeAlerts ?? [];
  expect(a?.evidence?.traceIds).toEqual(["large", "t14", "t13", "t12", "t11", "t10", "t9", "t8", "t7", "t6"]);
  expect(a?.evidence?.exemplars[1]).toMatchObject({ timestampMs: 429_000 });
  expect(b?.evidence?.traceIds).toEqual(["other"]);
});

test("exemplars that can't be read, or not in time, keep nobody from hearing of an alert", async () => {
  const { set, group, store, notices, reports, clock } = testWorld();
  set("up", 0, 0);
  const rules = group("groups: [{name: g, rules: [{alert: Down, expr: up == 0}, {record: after, expr: '1'}]}]");
  store.exemplars = (_request, signal?: AbortSignal) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("too late"))));
  const running = rules.evaluate(MINUTE);
  await clock.advance(9_999);
  expect(notices).toHaveLength(1);
  expect(rules.rules.map(({ status }) => status.health)).toEqual(["ok", "unknown"]);
  await clock.advance(1);
  await running;
  expect(rules.rules.map(({ status }) => status.health)).toEqual(["ok", "ok"]);
  expect(reports).toEqual(["rules.yml, group g: No exemplars could be read for the alert Down: too late"]);
});

test("a group that is stopped begins no other rule", async () => {
  const { group, written } = testWorld();
  const rules = group("groups: [{name: g, rules: [{record: a, expr: '1'}, {record: b, expr: '2'}]}]");
  const running = rules.evaluate(0);
  rules.stop();
  await running;
  expect(written.length).toBeLessThan(2);
  expect(rules.isStopped).toBe(true);
});
