import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@clew/base";
import { consoleLogger, readAlerting } from "@clew/collector";
import { Labels } from "@clew/query";
import { postedAlert, type PostedAlert } from "@clew/rules";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { postServer, type PostServer } from "../../../rules/src/notifications/http-server.test-kit.ts";
import { Alertmanagers } from "./alertmanagers.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-alertmanagers-"));
const reports: string[] = [];
let first: PostServer;
let second: PostServer;
let alertmanagers = newAlertmanagers();

function newAlertmanagers(): Alertmanagers {
  return new Alertmanagers({
    clock: systemClock,
    logger: consoleLogger({ write: (line) => void reports.push(line), nowMs: () => 0, level: "info" }),
    report: (line) => void reports.push(line),
    measure: () => {},
  });
}

beforeAll(async () => {
  first = await postServer();
  second = await postServer();
});
afterEach(async () => {
  await alertmanagers.stop();
  alertmanagers = newAlertmanagers();
  first.posted.length = second.posted.length = reports.length = 0;
});
afterAll(async () => {
  await first.close();
  await second.close();
  rmSync(directory, { recursive: true });
});

const hostOf = ({ url }: PostServer): string => new URL(url).host;

function alert(labels: Readonly<Record<string, string>>): PostedAlert {
  return postedAlert(
    {
      labels: Labels.of(labels),
      annotations: new Map(),
      startsAtMs: 0,
      endsAtMs: 0,
      sentAtMs: 0,
      isResolved: false,
      expression: "up == 0",
    },
    { externalLabels: Labels.of({ replica: "1" }), externalUrl: "http://clew" },
  );
}

const labelsOf = ({ posted }: PostServer): unknown[] =>
  posted.flatMap(({ body }) => (body as { labels: unknown }[]).map(({ labels }) => labels));

test("alerts are relabelled for all, and then for each", async () => {
  alertmanagers.take(
    readAlerting({
      alert_relabel_configs: [
        { action: "labeldrop", regex: "replica" },
        { action: "drop", source_labels: ["alertname"], regex: "Quiet" },
      ],
      alertmanagers: [
        { static_configs: [{ targets: [hostOf(first)] }] },
        {
          static_configs: [{ targets: [hostOf(second)] }],
          alert_relabel_configs: [{ action: "keep", source_labels: ["severity"], regex: "page" }],
        },
      ],
    }),
  );
  const left = alertmanagers.send([
    alert({ alertname: "Quiet" }),
    alert({ alertname: "A", severity: "page" }),
    alert({ alertname: "B" }),
  ]);
  expect(left.map(({ labels }) => labels.toObject())).toEqual([
    { alertname: "A", severity: "page" },
    { alertname: "B" },
  ]);
  await Promise.all([first.received(1), second.received(1)]);
  expect(labelsOf(first)).toEqual([{ alertname: "A", severity: "page" }, { alertname: "B" }]);
  expect(labelsOf(second)).toEqual([{ alertname: "A", severity: "page" }]);
  expect(reports).toEqual([]);
});

test("who is found later is told from then on, who is gone no more", async () => {
  const file = join(directory, "found.json");
  const find = (...targets: readonly string[]): void => {
    writeFileSync(`${file}.new`, JSON.stringify([{ targets }]));
    renameSync(`${file}.new`, file);
  };
  find(hostOf(first));
  alertmanagers.take(
    readAlerting({ alertmanagers: [{ file_sd_configs: [{ files: [file], refresh_interval: "20ms" }] }] }),
  );
  await expect.poll(() => alertmanagers.active).toEqual([`${first.url}/api/v2/alerts`]);
  find(hostOf(second));
  await expect.poll(() => alertmanagers.active).toEqual([`${second.url}/api/v2/alerts`]);
  alertmanagers.send([alert({ alertname: "A" })]);
  await second.received(1);
  expect(first.posted).toEqual([]);
});

test("another configuration takes the place of the one before, and what it leaves as it was goes on", async () => {
  const of = (...servers: readonly PostServer[]): ReturnType<typeof readAlerting> =>
    readAlerting({ alertmanagers: servers.map((server) => ({ static_configs: [{ targets: [hostOf(server)] }] })) });
  alertmanagers.take(of(first));
  alertmanagers.take(of(first, second));
  alertmanagers.send([alert({ alertname: "A" })]);
  await Promise.all([first.received(1), second.received(1)]);
  alertmanagers.take(of(second));
  expect(alertmanagers.active).toEqual([`${second.url}/api/v2/alerts`]);
  alertmanagers.send([alert({ alertname: "B" })]);
  await second.received(2);
  expect(labelsOf(first)).toHaveLength(1);
});
