import { Labels } from "@clew/query";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../../sdk/src/manual-clock.test-kit.ts";
import { EmbeddedAlertmanager } from "./embedded-alertmanager.ts";
import { postServer, type PostServer, requestsAnswered } from "./http-server.test-kit.ts";
import type { PostedAlert } from "./posted-alert.ts";
import type { StateFile } from "./state-file.ts";

const MINUTE = 60_000;

let server: PostServer;
beforeAll(async () => void (server = await postServer()));
afterAll(() => server.close());
beforeEach(() => {
  server.posted.length = 0;
  server.answer = { status: 200, text: "ok" };
});

interface Payload {
  readonly status: string;
  readonly groupKey: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

function config(more = "", receiver = "webhook_configs: [{url: 'URL/hook'}]"): string {
  return `
route: {receiver: r, group_by: [job], group_wait: 30s, group_interval: 5m, repeat_interval: 1h}
receivers: [{name: r, ${receiver.replaceAll("URL", server.url)}}]
${more}`;
}

class MemoryFile implements StateFile {
  text: string | undefined;
  read = async (): Promise<string | undefined> => this.text;
  write = async (text: string): Promise<void> => void (this.text = text);
}

interface World {
  readonly clock: ManualClock;
  readonly manager: EmbeddedAlertmanager;
  readonly reports: string[];
  readonly files: { readonly silences: MemoryFile; readonly notifications: MemoryFile };
  readonly alert: (labels: Readonly<Record<string, string>>, endsInMs?: number) => PostedAlert;
  /** Time that passes in steps, so that requests are answered between them. */
  readonly pass: (durationMs: number) => Promise<void>;
  text: string;
}

async function start(text = config(), before?: World): Promise<World> {
  const clock = before?.clock ?? new ManualClock();
  const files = before?.files ?? { silences: new MemoryFile(), notifications: new MemoryFile() };
  const reports: string[] = [];
  const source = { text };
  const manager = await EmbeddedAlertmanager.start({
    clock,
    externalUrl: "http://clew",
    report: (line) => void reports.push(line),
    load: async () => ({ text: source.text, templates: [] }),
    ...files,
  });
  return Object.assign(source, {
    clock,
    manager,
    reports,
    files,
    alert: (labels: Readonly<Record<string, string>>, endsInMs = 60 * MINUTE): PostedAlert => ({
      labels: Labels.of({ alertname: "A", ...labels }),
      annotations: new Map(),
      startsAtMs: clock.nowMs() - (endsInMs < 0 ? 10 * MINUTE : 0),
      endsAtMs: clock.nowMs() + endsInMs,
      updatedAtMs: clock.nowMs(),
      generatorUrl: "http://clew/graph",
    }),
    async pass(durationMs: number) {
      for (let passed = 0; passed < durationMs; passed += MINUTE / 2) {
        await clock.advance(MINUTE / 2);
        await requestsAnswered();
      }
    },
  });
}

function told(): string[] {
  return server.posted.map(({ body }) => {
    const { status, alerts } = body as Payload;
    const texts = alerts.map(
      (alert) => `${alert.labels["job"]}${alert.labels["n"] ?? ""}${alert.status === "firing" ? "!" : ""}`,
    );
    return `${status}: ${texts.join(" ")}`;
  });
}

test("the alerts of a group are told of together, new ones after its interval, and again when they last", async () => {
  const { manager, alert, pass } = await start();
  manager.take([alert({ job: "a", n: "1" }), alert({ job: "b" })]);
  manager.take([alert({ job: "a", n: "2" })]);
  await pass(MINUTE / 2);
  expect(told().sort()).toEqual(["firing: a1! a2!", "firing: b!"]);
  manager.take([alert({ job: "a", n: "3" }, 200 * MINUTE)]);
  await pass(MINUTE);
  expect(told()).toHaveLength(2);
  await pass(5 * MINUTE);
  expect(told()[2]).toBe("firing: a1! a2! a3!");
  // The first two end after an hour; the third is told of again after another.
  await pass(60 * MINUTE);
  expect(told().slice(3).sort()).toEqual(["firing: a3! a1 a2", "resolved: b"]);
  await pass(61 * MINUTE);
  expect(told().slice(5)).toEqual(["firing: a3!"]);
  await manager.stop();
});

test("the payload is Alertmanager's, version 4", async () => {
  const { manager, alert, pass } = await start();
  const one = { ...alert({ job: "a" }), annotations: new Map([["summary", "s"]]) };
  manager.take([one]);
  await pass(MINUTE / 2);
  expect(server.posted[0]).toMatchObject({ path: "/hook", headers: { "content-type": "application/json" } });
  expect(server.posted[0]?.body).toEqual({
    receiver: "r",
    status: "firing",
    alerts: [
      {
        status: "firing",
        labels: { alertname: "A", job: "a" },
        annotations: { summary: "s" },
        startsAt: new Date(one.startsAtMs).toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "http://clew/graph",
        fingerprint: "59533fc3067d6eeb",
      },
    ],
    groupLabels: { job: "a" },
    commonLabels: { alertname: "A", job: "a" },
    commonAnnotations: { summary: "s" },
    externalURL: "http://clew",
    version: "4",
    groupKey: '{}:{job="a"}',
    truncatedAlerts: 0,
  });
  await manager.stop();
});

test("what is told of is remembered over a restart", async () => {
  const first = await start();
  first.manager.take([first.alert({ job: "a" })]);
  await first.pass(MINUTE / 2);
  await first.manager.stop();
  const second = await start(config(), first);
  second.manager.take([second.alert({ job: "a" }), second.alert({ job: "b" })]);
  await second.pass(6 * MINUTE);
  expect(told()).toEqual(["firing: a!", "firing: b!"]);
  await second.manager.stop();
});

test("a graver alert inhibits its like, and not itself", async () => {
  const rule =
    "inhibit_rules: [{source_matchers: [severity=~'critical|warning'], target_matchers: [severity=~'warning|critical'], equal: [job]}, " +
    "{source_matchers: [severity=critical], target_matchers: [severity=info], equal: [job]}]";
  const { manager, alert, pass } = await start(config(rule));
  manager.take([
    alert({ job: "a", n: "1", severity: "info" }),
    alert({ job: "a", n: "2", severity: "critical" }),
    alert({ job: "b", severity: "info" }),
  ]);
  await pass(MINUTE);
  expect(told().sort()).toEqual(["firing: a2!", "firing: b!"]);
  await manager.stop();
});

test("silenced alerts are not told of until the silence ends; silences are kept over a restart", async () => {
  const first = await start();
  const nowMs = first.clock.nowMs();
  const id = await first.manager.silences.set({
    id: undefined,
    matchers: [{ name: "job", operator: "=", value: "a" }],
    startsAtMs: nowMs,
    endsAtMs: nowMs + 60 * MINUTE,
    createdBy: "me",
    comment: "work",
  });
  await first.manager.stop();
  const { manager, alert, pass } = await start(config(), first);
  expect(manager.silences.of(Labels.of({ job: "a" })).map((silence) => silence.id)).toEqual([id]);
  manager.take([alert({ job: "a" }), alert({ job: "b" })]);
  await pass(6 * MINUTE);
  expect(told()).toEqual(["firing: b!"]);
  await manager.silences.expire(id);
  await pass(5 * MINUTE);
  expect(told()).toEqual(["firing: b!", "firing: a!"]);
  await manager.stop();
});

test("a receiver that is away is tried again; one that refuses is told of at the group's next turn", async () => {
  const { manager, alert, pass, reports } = await start();
  server.answer = { status: 503, text: "busy" };
  manager.take([alert({ job: "a" })]);
  await pass(2 * MINUTE);
  expect(server.posted.length).toBeGreaterThan(2);
  server.answer = { status: 400, text: "no" };
  await pass(2 * MINUTE);
  expect(reports.at(-1)).toBe("r/webhook[0]: notify for 1 alerts failed: unexpected status code 400: no");
  server.answer = { status: 200, text: "ok" };
  const refused = server.posted.length;
  await pass(5 * MINUTE);
  expect(server.posted.length).toBe(refused + 1);
  expect(manager.counts.webhook).toEqual({ sent: 1, failed: 1 });
  await manager.stop();
});

test("Slack is told in its own form, with templates of the names that Alertmanager's have", async () => {
  const receiver = `slack_configs: [{api_url: 'URL/slack', channel: '#x', send_resolved: true, text: '{{ range .Alerts }}{{ .Labels.n }} since {{ .StartsAt.Format "15:04" }}{{ end }}', fields: [{title: Job, value: '{{ .CommonLabels.job }}', short: true}]}]`;
  const { manager, alert, pass, reports } = await start(config("", receiver));
  manager.take([alert({ job: "a", n: "1" })]);
  await pass(MINUTE / 2);
  expect(server.posted[0]?.body).toEqual({
    channel: "#x",
    username: "Clew",
    attachments: [
      {
        title: "[FIRING:1] a (A 1)",
        title_link: "http://clew",
        text: "1 since 03:04",
        fallback: "[FIRING:1] a (A 1) | http://clew",
        fields: [{ title: "Job", value: "a", short: true }],
        color: "danger",
        mrkdwn_in: ["fallback", "pretext", "text"],
      },
    ],
  });
  server.answer = { status: 200, text: '{"ok": false, "error": "channel_not_found"}', contentType: "application/json" };
  manager.take([alert({ job: "b" })]);
  await pass(MINUTE);
  expect(reports.at(-1)).toContain('channel "#x": error response from Slack: channel_not_found');
  await manager.stop();
});

test("a configuration that is read anew takes the alerts along; one with faults changes nothing", async () => {
  const world = await start();
  world.manager.take([world.alert({ job: "a" })]);
  await world.pass(MINUTE / 2);
  world.text = "route: {}";
  await expect(world.manager.reload()).rejects.toThrow("root route must specify a default receiver");
  world.text = config("", "slack_configs: [{api_url: 'URL/x', title: '{{ if }}'}]");
  await expect(world.manager.reload()).rejects.toThrow("missing value for if");
  world.text = config().replace("/hook", "/other");
  await world.manager.reload();
  world.manager.take([world.alert({ job: "a", n: "2" })]);
  await world.pass(6 * MINUTE);
  expect(server.posted.map(({ path }) => path)).toEqual(["/hook", "/other"]);
  expect(told()[1]).toBe("firing: a! a2!");
  await world.manager.stop();
});

test("what is beyond the limit of alerts is dropped and counted", async () => {
  const { manager, alert } = await start();
  manager.take(Array.from({ length: 10_005 }, (_, i) => alert({ job: "a", n: String(i) })));
  expect(manager.alerts).toHaveLength(10_000);
  expect(manager.droppedAlerts).toBe(5);
  await manager.stop();
});
