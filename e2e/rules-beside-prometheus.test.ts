/** Debian's Prometheus and a real `clew up` evaluate the same rules over the same samples: they find and tell the same. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPrometheus } from "../packages/collector/src/prometheus.test-kit.ts";
import { postServer, type PostServer } from "../packages/rules/src/notifications/http-server.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory } from "./running-clew.test-kit.ts";
import { optionalTool } from "./tools.test-kit.ts";

const RULES = `groups:
- name: first
  interval: 1s
  limit: 5
  rules:
  - {record: "job:probe:sum", expr: sum by (job) (probe_value), labels: {team: core}}
  - {record: "job:probe:twice", expr: "job:probe:sum * 2"}
  - alert: ProbeHigh
    expr: probe_value > 5
    for: 2s
    keep_firing_for: 2s
    labels: {severity: page, kind: '{{ $labels.zone }}-{{ $externalLabels.cluster }}'}
    annotations:
      summary: 'Probe {{ $labels.zone }} of {{ $labels.job }} is {{ $value | humanize }}'
      twice: '{{ with query "job:probe:twice" }}{{ . | first | value }}{{ end }}'
      broken: '{{ $labels.zone.none }}'
  - {alert: Never, expr: probe_value > 1000}
- name: second
  interval: 1s
  rules:
  - {record: broken, expr: probe_value * on (job) group_left () probe_value}
  - {alert: TooMany, expr: probe_value, labels: {zone: all}}
  - {alert: Absent, expr: absent(nothing), annotations: {text: "{{ $value }}"}}
`;

interface Posted {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

describe.skipIf(optionalTool("prometheus") === undefined)("rules (needs Debian's prometheus)", () => {
  const directory = temporaryDirectory();
  const running: { stop(): Promise<unknown> }[] = [];
  let target: Server;
  let value = 7.5;
  let [theirs, ours] = ["", ""];
  let theirReceiver: PostServer;
  let ourReceiver: PostServer;

  beforeAll(async () => {
    target = createServer((_request, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(`probe_value{zone="eu"} ${value}\nprobe_value{zone="us"} 1\n`);
    });
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    theirReceiver = await postServer();
    ourReceiver = await postServer();
    const file = join(directory.path, "rules.yml");
    writeFileSync(file, RULES);
    const flags = ["--rules", file, "--alertmanager-url", ourReceiver.url, "--external-label", "cluster=eu-1"];
    const clew = await startClew(directory.path, flags);
    running.push(clew);
    const { port } = target.address() as AddressInfo;
    const prometheus = await runPrometheus(configFor(clew.prometheus, file, port, new URL(theirReceiver.url).host));
    running.push(prometheus);
    [theirs, ours] = [prometheus.url, clew.prometheus];
  }, 120_000);

  afterAll(async () => {
    for (const one of running.toReversed()) await one.stop();
    await theirReceiver.close();
    await ourReceiver.close();
    target.close();
    directory.remove();
  });

  const rulesOf = async (url: string): Promise<string> =>
    timeless(await getJson(`${url}/api/v1/rules`))
      // Prometheus 3 names the two series in order, and labels where there are none.
      .replaceAll(/\[\{__name__=.*?\}\];/g, "[…];")
      .replaceAll(/ *"labels": \{\},\n/g, "");

  test("what fires, what fails and why are the same", async () => {
    const isFiring = (text: string): boolean => text.split('"state": "firing"').length > 4;
    const wanted = await eventually(() => rulesOf(theirs), isFiring);
    expect(await eventually(() => rulesOf(ours), isFiring)).toBe(wanted);
    for (const query of ["ALERTS", "ALERTS_FOR_STATE * 0", "job:probe:sum", "job:probe:twice", "broken"]) {
      const of = async (url: string): Promise<string> => vectorOf(await getJson(`${url}/api/v1/query?query=${query}`));
      const expected = await of(theirs);
      await eventually(
        () => of(ours),
        (found) => found === expected,
      );
    }
  }, 90_000);

  test("what is posted is the same, while it fires and when it is over", async () => {
    const latest = (receiver: PostServer, isOver: boolean): string => {
      const alerts = receiver.posted.flatMap(({ body }) => body as readonly Posted[]);
      const found = alerts.findLast(
        ({ labels, endsAt }) => labels["alertname"] === "ProbeHigh" && Date.parse(endsAt) < Date.now() === isOver,
      );
      if (found === undefined) return "";
      const { pathname, search } = new URL(found.generatorURL);
      const { labels, annotations } = found;
      return JSON.stringify(
        { labels, annotations, link: pathname + search, keys: Object.keys(found).sort() },
        undefined,
        1,
      );
    };
    const bothTell = async (isOver: boolean): Promise<void> => {
      const wanted = await eventually(
        async () => latest(theirReceiver, isOver),
        (text) => text !== "",
      );
      await eventually(
        async () => latest(ourReceiver, isOver),
        (text) => text !== "",
      );
      expect(latest(ourReceiver, isOver)).toBe(wanted);
    };
    await bothTell(false);
    value = 2;
    await bothTell(true);
  }, 90_000);
});

function configFor(clewUrl: string, rules: string, port: number, receiver: string): string {
  return `
global: { scrape_interval: 1s, evaluation_interval: 1m, external_labels: { cluster: eu-1 } }
rule_files: ["${rules}"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${receiver}"] }] }] }
scrape_configs:
  - job_name: probe
    static_configs: [{ targets: ["127.0.0.1:${port}"] }]
remote_write:
  - url: ${clewUrl}/api/v1/write
    queue_config: { batch_send_deadline: 100ms }
    write_relabel_configs:
      - { source_labels: [__name__], regex: "probe_value|up", action: keep }
      - { regex: cluster, action: labeldrop }
`;
}

/** Times and durations are what they are, but of the same form. */
function timeless(answer: unknown): string {
  return JSON.stringify(
    answer,
    (key, value: unknown) => {
      if (key === "evaluationTime") return typeof value;
      if (typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return "time";
      const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
      return isMap ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
    },
    1,
  );
}

function vectorOf(answer: unknown): string {
  const { data } = answer as { data: { result: readonly { metric: object; value: readonly [number, string] }[] } };
  return data.result
    .map(({ metric, value }) => `${timeless(metric)} ${value[1]}`)
    .sort()
    .join("\n");
}
