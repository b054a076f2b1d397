/** The engine's process: who gets in, and who gets the directory. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbedded, temporaryDirectory } from "../running-store.test-kit.ts";
import type { EmbeddedEngine } from "./embedded-engine.ts";
import { EngineClient } from "./engine-client.ts";
import { LocalPortAgent, type EngineEndpoint } from "./engine-endpoint.ts";

const directory = temporaryDirectory();
let engine: EmbeddedEngine;
let url: string;

beforeAll(async () => {
  engine = await startEmbedded({ directory: directory.path });
  url = `http://127.0.0.1:${portOf(engine.endpoint)}`;
});

afterAll(async () => {
  await engine.stop();
  directory.remove();
});

function portOf({ agent }: EngineEndpoint): number | undefined {
  return agent instanceof LocalPortAgent ? agent.port : undefined;
}

async function ask(headers: Record<string, string>, parameters = ""): Promise<number> {
  return (await fetch(`${url}/?query=SELECT+1${parameters}`, { headers })).status;
}

test.each<[string, Record<string, string>, string, number]>([
  ["nobody in particular", {}, "", 404],
  ["the engine's own user, who has no password", { "X-ClickHouse-User": "default" }, "", 404],
  ["that user by parameters", {}, "&user=default", 404],
  ["that user beside ours", { "X-ClickHouse-User": "clew" }, "&user=default", 403],
  [
    "that user's basic authentication beside ours",
    { "X-ClickHouse-User": "clew", Authorization: "Basic ZGVmYXVsdDo=" },
    "",
    403,
  ],
  ["the owner without a password", { "X-ClickHouse-User": "clew" }, "", 403],
  ["the reader with a wrong one", { "X-ClickHouse-User": "reader", "X-ClickHouse-Key": "wrong" }, "", 403],
])("%s gets no answer", async (_name, headers, parameters, status) => {
  const answered = await ask(headers, parameters);
  expect(answered).toBe(status);
});

test("the password is on no disk and in no command line", () => {
  const { password } = engine.endpoint;
  expect(password.length).toBeGreaterThan(30);
  const written = ["engine.xml", "users.xml", "port"].map((name) => join(directory.path, name));
  const ofProcess =
    process.platform === "linux" ? ["cmdline", "environ"].map((name) => `/proc/${engine.pid}/${name}`) : [];
  for (const path of [...written, ...ofProcess]) expect(readFileSync(path, "latin1")).not.toContain(password);
});

test("an index that was read for one search is kept for the next", async () => {
  const client = new EngineClient(engine.endpoint);
  await client.command("CREATE DATABASE IF NOT EXISTS clew");
  await client.command(
    `CREATE TABLE texts (text String, INDEX words text TYPE tokenbf_v1(4096, 3, 0) GRANULARITY 1)
     ENGINE = MergeTree ORDER BY () AS SELECT concat('word', toString(number)) AS text FROM numbers(10000)`,
  );
  const hits = async (): Promise<number> => {
    const [row] = await client.rows<readonly [string]>(
      "SELECT sum(value) FROM system.events WHERE event = 'UncompressedCacheHits'",
    );
    return Number(row?.[0]);
  };
  const search = async (): Promise<unknown> =>
    await client.rows("SELECT text FROM texts WHERE hasToken(text, 'word77') SETTINGS use_query_condition_cache = 0");
  expect(await search()).toEqual([["word77"]]);
  const before = await hits();
  expect(await search()).toEqual([["word77"]]);
  expect(await hits()).toBeGreaterThan(before);
  await client.close();
});

test("an engine that still has the directory is waited for", async () => {
  const starting = startEmbedded({ directory: directory.path });
  // The second one has tried, and failed, before the first lets go.
  await expect.poll(() => readFileSync(join(directory.path, "users.xml"), "utf8")).not.toContain(hashOf(engine));
  await engine.stop();
  engine = await starting;
  const client = new EngineClient(engine.endpoint);
  expect(await client.rows("SELECT 1")).toEqual([[1]]);
  await client.close();
});

test("an engine that was killed a moment ago, which nobody has heard of yet, is stopped as well, by whoever stops it", async () => {
  const own = temporaryDirectory();
  const killed = await startEmbedded({ directory: own.path });
  process.kill(killed.pid ?? 0, "SIGKILL");
  // The process is gone by now, and no event of it has come.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await Promise.all([killed.stop(), killed.stop()]);
  expect(() => process.kill(killed.pid ?? 0, 0)).toThrow("ESRCH");
  own.remove();
});

function hashOf({ endpoint }: EmbeddedEngine): string {
  return createHash("sha256").update(endpoint.password).digest("hex");
}
