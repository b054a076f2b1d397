/** Rules in a real `clew up`: what they write, what their alerts lead to, and what is left of them after a kill. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { postServer } from "../packages/rules/src/notifications/http-server.test-kit.ts";
import { freePort } from "./collector-process.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const FILE = join(directory.path, "rules.yml");
const TRACE_ID = "5b8efff798038103d269b633813fc60c";

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
  readonly evidence?: { readonly traceIds: readonly string[] };
}

function rules(extra = ""): string {
  return `groups:
- name: g
  interval: 1s
  rules:
  - {record: "orders:double", expr: orders * 2}
  - {record: "orders:four", expr: "orders:double * 2"}
  - {alert: Waiting, expr: orders > 1, for: 30m, labels: {severity: page}}
  - {alert: Firing, expr: orders > 1}${extra}
`;
}

async function send({ otlpHttp }: RunningClew, value: number): Promise<void> {
  const timeUnixNano = `${BigInt(Date.now()) * 1_000_000n}`;
  const exemplars = [{ timeUnixNano, asDouble: value, traceId: TRACE_ID, spanId: "eee19b7ec3c1b174" }];
  const gauge = { dataPoints: [{ timeUnixNano, asDouble: value, exemplars }] };
  const response = await fetch(`${otlpHttp}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "orders", gauge }] }] }] }),
  });
  expect(response.status).toBe(200);
}

async function alerts({ prometheus }: RunningClew): Promise<readonly Alert[]> {
  return (await getJson<{ data: { alerts: Alert[] } }>(`${prometheus}/api/v1/alerts`)).data.alerts;
}

async function alertNamed(clew: RunningClew, name: string, state: string): Promise<Alert> {
  const named = (found: readonly Alert[]): Alert | undefined =>
    found.find((alert) => alert.labels["alertname"] === name && alert.state === state);
  return named(
    await eventually(
      () => alerts(clew),
      (found) => named(found) !== undefined,
    ),
  )!;
}

test("rules are evaluated, read anew on SIGHUP, and alerts go on after a kill", async () => {
  writeFileSync(FILE, rules());
  const metricsPort = await freePort();
  const flags = ["--rules", join(directory.path, "rul*.yml"), "--metrics-port", String(metricsPort)];
  const first = await startClew(directory.path, flags);
  let waiting: Alert;
  try {
    await send(first, 3);
    const firing = await eventually(
      () => alertNamed(first, "Firing", "firing"),
      ({ evidence }) => evidence !== undefined,
    );
    expect(firing.evidence?.traceIds).toEqual([TRACE_ID]);
    await eventually(
      () =>
        getJson<{ data: { result: { value: [number, string] }[] } }>(
          `${first.prometheus}/api/v1/query?query=orders:four`,
        ),
      ({ data }) => data.result[0]?.value[1] === "12",
    );
    waiting = await alertNamed(first, "Waiting", "pending");
    await eventually(
      () =>
        getJson<{ data: { result: unknown[] } }>(
          `${first.prometheus}/api/v1/query?query=ALERTS_FOR_STATE{alertname="Waiting"}`,
        ),
      ({ data }) => data.result.length === 1,
    );
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/prometheus_rule_evaluations_total\{[^}]*rule_group="[^"]*rules.yml;g"\} [1-9]/);
    expect(metrics).toMatch(/prometheus_rule_group_iterations_missed_total\{/);
    writeFileSync(FILE, rules("\n  - {alert: Added, expr: orders > 1}"));
    first.process.kill("SIGHUP");
    await alertNamed(first, "Added", "firing");
    writeFileSync(FILE, rules("\n  - {alert: Wrong, expr: sum(}"));
    first.process.kill("SIGHUP");
    await eventually(
      async () => first.output(),
      (output) => output.includes("The configuration was not taken"),
    );
    expect(first.output().match(/unclosed left/g)).toHaveLength(1);
    expect((await alerts(first)).map(({ labels }) => labels["alertname"])).toContain("Added");
  } finally {
    first.process.kill("SIGKILL");
  }
  const killedAtMs = Date.now();
  writeFileSync(FILE, rules());
  const second = await startClew(directory.path, ["--rules", FILE]);
  try {
    await send(second, 3);
    const activeAtMs = Date.parse(waiting.activeAt);
    // The time that nobody looked does not count: as old as it was when the program was killed.
    const restored = await eventually(
      () => alertNamed(second, "Waiting", "pending"),
      ({ activeAt }) => Date.parse(activeAt) - activeAtMs < Date.now() - killedAtMs,
    );
    expect(Date.parse(restored.activeAt)).toBeGreaterThanOrEqual(activeAtMs);
  } finally {
    await second.stop();
  }
});

test("files with faults keep the program from starting", async () => {
  writeFileSync(FILE, "groups: [{name: g, rules: [{record: a, expr: sum(}]}]");
  await expect(startClew(directory.path, ["--rules", FILE])).rejects.toThrow(
    /\[RULES_INVALID\].*unclosed left parenthesis/,
  );
  await expect(startClew(directory.path, ["--rules", "/nowhere.yml"])).rejects.toThrow(
    "[FILE_UNREADABLE] /nowhere.yml",
  );
});

test("alerts reach an Alertmanager and a webhook, and faults of what they are told by keep the program from starting", async () => {
  writeFileSync(FILE, rules());
  const alertmanager = await postServer();
  const webhook = await postServer();
  const config = join(directory.path, "alertmanager.yml");
  writeFileSync(
    config,
    `route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: team, webhook_configs: [{url: '${webhook.url}/hook'}]}]
`,
  );
  const flags = ["--rules", FILE, "--alertmanager-url", alertmanager.url, "--alertmanager-config", config];
  const first = await startClew(directory.path, [...flags, "--external-label", "cluster=eu"]);
  const matchers = [{ name: "alertname", value: "Firing", isRegex: false }];
  const times = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() };
  try {
    expect(await getJson(`${first.prometheus}/api/v1/alertmanagers`)).toMatchObject({
      data: { activeAlertmanagers: [{ url: `${alertmanager.url}/api/v2/alerts` }] },
    });
    await send(first, 3);
    const [posted] = await alertmanager.received(1);
    expect(posted?.body).toMatchObject([
      {
        labels: { alertname: "Firing", cluster: "eu" },
        generatorURL: `${localhost(first.ui)}/graph?g0.expr=orders+%3E+1&g0.tab=1`,
      },
    ]);
    const [told] = await webhook.received(1);
    expect(told).toMatchObject({
      path: "/hook",
      body: { version: "4", status: "firing", groupLabels: { alertname: "Firing" } },
    });
    const graph = await fetch(`${first.ui}/graph?g0.expr=orders%20%3E%201&g0.tab=1`, { redirect: "manual" });
    expect(graph.headers.get("location")).toBe("/metrics?q=orders%20%3E%201");
    const made = await fetch(`${first.ui}/api/v2/silences`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ matchers, ...times, createdBy: "me", comment: "work" }),
    });
    expect(made.status).toBe(200);
  } finally {
    expect(await first.stop()).toBe(0);
  }
  writeFileSync(config, "route: {receiver: nobody}");
  await expect(startClew(directory.path, flags)).rejects.toThrow(
    /\[ALERTMANAGER_CONFIG_INVALID\] .*alertmanager.yml: undefined receiver "nobody" used in route/,
  );
  writeFileSync(config, "route: {receiver: nobody}\nreceivers: [{name: nobody}]");
  writeFileSync(join(directory.path, "alertmanager", "silences.json"), "{");
  await expect(startClew(directory.path, flags)).rejects.toThrow(/\[ALERT_STATE_UNREADABLE\] .*silences.json/);
  await alertmanager.close();
  await webhook.close();
});

function localhost(url: string): string {
  return url.replace("127.0.0.1", "localhost");
}
