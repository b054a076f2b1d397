/** A directory's data moved to a server: all of it, once, whatever happened on the way. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "@clew/base";
import { startCluster, type RunningCluster } from "../engine/cluster.test-kit.ts";
import { EngineClient } from "../engine/engine-client.ts";
import { ENGINE_PROGRAM, openStore, temporaryDirectory } from "../running-store.test-kit.ts";
import { moveToServer, type MovedTable } from "./move-to-server.ts";

const LOGS = 120_000;
const SPANS = 3_000;
const own = temporaryDirectory();
let cluster: RunningCluster;
let target: EngineClient;

beforeAll(async () => {
  cluster = await startCluster(1);
  target = new EngineClient({ ...cluster.nodes[0]!.endpoint, database: "moved" });
  const opened = await openStore({ directory: own.path });
  const time = "toDateTime64('2026-10-01 23:00:00', 9) + number";
  await opened.store.client.command(
    `INSERT INTO otel_logs (Timestamp, Body, LogAttributes) SELECT ${time} / 10, concat('line ', toString(number)), map('n', toString(number)) FROM numbers(${LOGS})`,
  );
  await opened.store.client.command(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanName) SELECT ${time}, toString(intDiv(number, 3)), 'name' FROM numbers(${SPANS})`,
  );
  await opened.store.client.command(
    "INSERT INTO metric_series (Day, Fingerprint, PrometheusName) SELECT '2026-10-01', number % 50, 'up' FROM numbers(100)",
  );
  await opened.stop();
});

beforeEach(async () => {
  const client = new EngineClient(cluster.nodes[0]!.endpoint);
  await client.command("DROP DATABASE IF EXISTS moved SYNC");
  await client.close();
  for (const name of readdirSync(own.path)) if (name.startsWith("move-")) rmSync(join(own.path, name));
});

afterAll(async () => {
  await target.close();
  await cluster.stop();
  own.remove();
});

function move(report: (line: string) => void = () => {}, signal?: AbortSignal): Promise<readonly MovedTable[]> {
  const server = { ...cluster.servers[0]!, cluster: undefined, database: "moved" };
  const settings = { directory: own.path, engineProgram: ENGINE_PROGRAM, server, clock: systemClock, report };
  return moveToServer({ ...settings, ...(signal === undefined ? {} : { signal }) });
}

async function count(query: string): Promise<number> {
  const [[found] = ["0"]] = await target.rows<readonly [string]>(`SELECT toString(${query}`);
  return Number(found);
}

async function expectAllOnce(): Promise<void> {
  expect(await count("count()) FROM otel_logs")).toBe(LOGS);
  expect(await count("uniqExact(Body)) FROM otel_logs")).toBe(LOGS);
  expect(await count("count()) FROM otel_traces")).toBe(SPANS);
  expect(await count("sum(Spans)) FROM span_durations")).toBe(SPANS);
  expect(await count("count()) FROM metric_series FINAL")).toBe(50);
}

test("everything is there afterwards, what views make of it too, and the directory still has it", async () => {
  const moved = await move();
  expect(moved.find(({ table }) => table === "otel_logs")?.rows).toBe(LOGS);
  await expectAllOnce();
  const opened = await openStore({ directory: own.path });
  expect(await opened.store.client.rows("SELECT toUInt32(count()) FROM otel_logs")).toEqual([[LOGS]]);
  expect(await opened.store.client.rows("SELECT name FROM system.databases WHERE name = 'clew_moving'")).toEqual([]);
  await opened.stop();
});

test("stopped in the middle and run again, also after the directory was used in between, it goes on", async () => {
  const controller = new AbortController();
  const stopEarly = (line: string): void => {
    if (line.startsWith("otel_logs") || line.startsWith("otel_traces")) controller.abort();
  };
  await expect(move(stopEarly, controller.signal)).rejects.toMatchObject({ code: "MOVE_INCOMPLETE" });
  const opened = await openStore({ directory: own.path });
  await opened.store.client.command("OPTIMIZE TABLE otel_logs FINAL");
  await opened.stop();
  await move();
  await expectAllOnce();
});

test("a piece that was sent before a crash could note it is not there twice", async () => {
  await move();
  await expect(move()).rejects.toMatchObject({ code: "MOVE_DONE" });
  rewriteState({ isDone: false, forgetParts: true });
  await move();
  await expectAllOnce();
});

/** As if the last move had ended before it wrote down what it had done. */
function rewriteState({ isDone, forgetParts }: { isDone: boolean; forgetParts: boolean }): void {
  const name = readdirSync(own.path).find((one) => one.startsWith("move-")) ?? "";
  const path = join(own.path, name);
  const record = JSON.parse(readFileSync(path, "utf8")) as { moved: object };
  writeFileSync(path, JSON.stringify({ ...record, isDone, ...(forgetParts ? { moved: {} } : {}) }));
}

test("a server that has less than it should is found out, by checksum where the number is right", async () => {
  await move();
  await target.command(
    "ALTER TABLE otel_logs UPDATE Body = 'line 8' WHERE Body = 'line 7' SETTINGS mutations_sync = 2",
  );
  rewriteState({ isDone: false, forgetParts: false });
  await expect(move()).rejects.toMatchObject({ code: "MOVE_INCOMPLETE", path: "otel_logs" });
});
