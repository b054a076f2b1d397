/** Log records that were stored while no view counted them, on one server and on two shards, by several programs at once. */
import { systemClock } from "@clew/base";
import { afterEach, describe, expect, test } from "vitest";
import { startCluster } from "./engine/cluster.test-kit.ts";
import { EngineClient } from "./engine/engine-client.ts";
import type { ClickHouseServer } from "./engine/clickhouse-url.ts";
import { localUrlOf } from "./engine/local-url.test-kit.ts";
import { MissingLogCounts } from "./missing-log-counts.ts";
import { openEngine, type OpenEngine } from "./open-engine.ts";
import { startEmbedded, temporaryDirectory } from "./running-store.test-kit.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function open(server: ClickHouseServer): Promise<OpenEngine> {
  const directory = temporaryDirectory();
  const world = { clock: systemClock, report: () => {} };
  const opened = await openEngine({ directory: directory.path, server }, world);
  undo.push(
    () => directory.remove(),
    () => opened.close(),
  );
  return opened;
}

async function oneServer(): Promise<OpenEngine[]> {
  const engine = await startEmbedded();
  undo.push(() => engine.stop());
  const relay = await localUrlOf(engine);
  undo.push(() => relay.close());
  const { url } = relay;
  const { user, password, database } = engine.endpoint;
  const server = { url, user, password, database, cluster: undefined, tls: {}, settings: {} };
  return [await open(server), await open(server)];
}

async function twoShards(): Promise<OpenEngine[]> {
  const cluster = await startCluster(2);
  undo.push(() => cluster.stop());
  const opened: OpenEngine[] = [];
  for (const server of cluster.servers) opened.push(await open(server));
  return opened;
}

async function addLogs(client: EngineClient, day: string, count: number): Promise<void> {
  await client.command(
    `INSERT INTO otel_logs (Timestamp, ServiceName, SeverityNumber, Body)
     SELECT toDateTime64('${day} 00:00:00', 9) + number * 60, if(number % 3 = 0, 'shop', 'cart'), number % 2 * 9, 'x' FROM numbers(${count})`,
  );
}

/** By service and severity: records, and how many were counted. */
async function counts(client: EngineClient): Promise<{ stored: unknown[]; counted: unknown[] }> {
  const by = "GROUP BY ServiceName, SeverityNumber ORDER BY 1, 2";
  return {
    stored: await client.rows(`SELECT ServiceName, SeverityNumber, count(), max(Timestamp) FROM otel_logs ${by}`),
    counted: await client.rows(`SELECT ServiceName, SeverityNumber, sum(Logs), max(LastSeen) FROM log_counts ${by}`),
  };
}

describe.each([
  ["one server", oneServer, ""],
  ["two shards", twoShards, "_local"],
])("on %s", (_name, start, suffix) => {
  test("records from before the view are counted once, beside those that it counted", { timeout: 60_000 }, async () => {
    const opened = await start();
    const clients = opened.map(({ client }) => client);
    const [first] = clients as [EngineClient, EngineClient];
    await addLogs(first, "2026-10-01", 1_000);
    await addLogs(first, "2026-10-02", 500);
    // As an older Clew left it.
    for (const client of clients) await client.command(`TRUNCATE TABLE log_counts${suffix}`);
    await addLogs(first, "2026-10-02", 250);
    const nowMs = Date.parse("2026-10-10");
    const reports: string[] = [];
    const programs = opened.map(
      ({ client, engine }) =>
        new MissingLogCounts({
          client,
          cluster: engine.kind === "server" ? engine.cluster : undefined,
          clock: { ...systemClock, nowMs: () => nowMs },
          report: (line) => reports.push(line),
          settledAfterMs: 100,
        }),
    );
    await Promise.all(programs.map((one) => one.apply()));
    const { stored, counted } = await counts(first);
    expect(counted).toEqual(stored);
    expect(reports.length).toBeGreaterThanOrEqual(2);
    for (const report of reports) expect(report).toContain("Counted the log records of 2026-10-0");
    // Nothing is left, whoever looks.
    for (const one of programs) await one.apply();
    expect((await counts(first)).counted).toEqual(stored);
  });
});

test("a day that is not over is left to the view", async () => {
  const [{ client }] = (await oneServer()) as [OpenEngine, OpenEngine];
  await addLogs(client, "2026-10-01", 10);
  await client.command("TRUNCATE TABLE log_counts");
  const clock = { ...systemClock, nowMs: () => Date.parse("2026-10-02T00:59:00Z") };
  await new MissingLogCounts({ client, cluster: undefined, clock, report: () => {}, settledAfterMs: 1 }).apply();
  expect(await client.rows("SELECT count() FROM log_counts")).toEqual([["0"]]);
});
