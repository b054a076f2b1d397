/** The store around its engine: crashes, limits, and what must never happen twice. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nativeBlock } from "./block/native-block.ts";
import { StringColumn } from "./block/columns.ts";
import { claimDirectory } from "./claim-directory.ts";
import { Drain } from "./drain.ts";
import { openStore, temporaryDirectory, type RunningStore } from "./running-store.test-kit.ts";
import { Spool } from "./spool/spool.ts";
import { systemClock } from "@clew/base";

let running: RunningStore;

beforeAll(async () => {
  running = await openStore({ maxSpoolBytes: 1_000_000 });
  await running.store.client.command(
    "CREATE TABLE words (word String) ENGINE = MergeTree ORDER BY word SETTINGS non_replicated_deduplication_window = 100",
  );
});

afterAll(async () => {
  await running.stop();
});

function logs(...bodies: string[]): Payload {
  const logRecords = bodies.map((stringValue) => ({ timeUnixNano: 1_760_000_000_000_000_000n, body: { stringValue } }));
  return payloadOf("logs", encode(PROTOCOLS.logs.request, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
}

async function storedBodies(prefix: string): Promise<string[]> {
  const rows = await running.store.client.rows<readonly [string]>(
    "SELECT Body FROM otel_logs WHERE startsWith(Body, {prefix:String}) ORDER BY Body",
    { prefix },
  );
  return rows.map(([body]) => body);
}

function wordsBlock(...words: string[]): Uint8Array {
  const word = new StringColumn();
  for (const text of words) word.addText(text);
  return Buffer.concat(nativeBlock({ word }));
}

async function storedWords(): Promise<string[]> {
  const rows = await running.store.client.rows<readonly [string]>("SELECT word FROM words ORDER BY word");
  return rows.map(([word]) => word);
}

/** A drain of its own, from a spool of its own into the store's engine. */
async function drainOf(
  directory: string,
): Promise<{ spool: Spool; drain: Drain; reports: string[]; rejected: () => number }> {
  const spool = await Spool.open(directory, 1_000);
  const reports: string[] = [];
  let rejected = 0;
  const drain = new Drain({
    spool,
    client: running.store.client,
    clock: systemClock,
    report: (line) => void reports.push(line),
    beforeInsert: async () => {},
    onInserted: () => {},
    onRejected: () => void rejected++,
    isOwn: true,
  });
  return { spool, drain, reports, rejected: () => rejected };
}

test("what many wrote at once is there once each", async () => {
  const bodies = Array.from({ length: 200 }, (_unused, i) => `many ${String(i).padStart(3, "0")}`);
  await Promise.all(bodies.map((body) => running.store.write(logs(body))));
  await running.store.flush();
  expect(await storedBodies("many")).toEqual(bodies);
  expect(running.store.health).toMatchObject({ engineReady: true, spoolBytes: 0, rejectedSegments: 0 });
});

test("a segment that is drained again after a crash is there once", async () => {
  const directory = temporaryDirectory();
  const first = await drainOf(directory.path);
  await first.spool.append([{ target: "words (word)", parts: [wordsBlock("once", "only")] }]);
  await first.spool.rotate();
  const name = first.spool.oldestClosed ?? "";
  const bytes = readFileSync(join(directory.path, name));
  await first.drain.run();
  writeFileSync(join(directory.path, name), bytes);
  const second = await drainOf(directory.path);
  await second.drain.run();
  expect(await storedWords()).toEqual(["once", "only"]);
  expect(second.spool.oldestClosed).toBeUndefined();
  directory.remove();
});

test("a block that the engine will never take is put aside, and what follows is not held up", async () => {
  await running.store.client.command("TRUNCATE TABLE words");
  const directory = temporaryDirectory();
  const { spool, drain, reports, rejected } = await drainOf(directory.path);
  for (const target of ["no_such_table (word)", "words (no_such_column)"]) {
    await spool.append([{ target, parts: [wordsBlock("bad")] }]);
    await spool.rotate();
  }
  await spool.append([{ target: "words (word)", parts: [Buffer.from("this is no block")] }]);
  await spool.rotate();
  await spool.append([{ target: "words (word)", parts: [wordsBlock("good")] }]);
  await spool.rotate();
  await drain.run();
  expect(await storedWords()).toEqual(["good"]);
  expect([drain.rejectedSegments, rejected(), reports.length]).toEqual([3, 3, 3]);
  directory.remove();
});

test("a damaged block costs that block, is told, and its segment is kept aside", async () => {
  await running.store.client.command("TRUNCATE TABLE words");
  const directory = temporaryDirectory();
  const first = await drainOf(directory.path);
  for (const word of ["whole", "damaged", "behind"])
    await first.spool.append([{ target: "words (word)", parts: [wordsBlock(word)] }]);
  await first.spool.close();
  const name = first.spool.oldestClosed ?? "";
  const bytes = readFileSync(join(directory.path, name));
  bytes.write("DAMAGED", bytes.indexOf("damaged"));
  writeFileSync(join(directory.path, name), bytes);
  const { drain, reports } = await drainOf(directory.path);
  await drain.run();
  expect(await storedWords()).toEqual(["behind", "whole"]);
  expect(drain.rejectedSegments).toBe(1);
  expect(reports).toEqual([expect.stringContaining("A spool file is damaged")]);
  expect(existsSync(join(directory.path, "rejected", name))).toBe(true);
  directory.remove();
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ["whose only block is damaged", (bytes) => bytes.fill(0x55, bytes.length - 3)],
  ["that was cut off", (bytes) => bytes.subarray(0, bytes.length - 3)],
  ["that has nothing left", () => Buffer.alloc(0)],
])("a spool file %s is told and kept aside, and what follows is not held up", async (_what, damage) => {
  await running.store.client.command("TRUNCATE TABLE words");
  const directory = temporaryDirectory();
  const { spool, drain, reports } = await drainOf(directory.path);
  for (const word of ["lost", "kept"]) {
    await spool.append([{ target: "words (word)", parts: [wordsBlock(word)] }]);
    await spool.rotate();
  }
  const name = spool.oldestClosed ?? "";
  writeFileSync(join(directory.path, name), damage(readFileSync(join(directory.path, name))));
  await drain.run();
  expect(await storedWords()).toEqual(["kept"]);
  expect(drain.rejectedSegments).toBe(1);
  expect(reports).toEqual([expect.stringContaining("A spool file is damaged")]);
  expect(existsSync(join(directory.path, "rejected", name))).toBe(true);
  directory.remove();
});

test("where a segment can't be put aside, it is tried again until it can", async () => {
  await running.store.client.command("TRUNCATE TABLE words");
  const directory = temporaryDirectory();
  const { spool, drain, reports } = await drainOf(directory.path);
  await spool.append([{ target: "words (no_such_column)", parts: [wordsBlock("bad")] }]);
  await spool.rotate();
  const name = spool.oldestClosed ?? "";
  writeFileSync(join(directory.path, "rejected"), "in the way");
  const drained = drain.run();
  await expect.poll(() => reports.at(-1)).toContain("trying again");
  expect(drain.failure).toBeDefined();
  rmSync(join(directory.path, "rejected"));
  await drained;
  expect([drain.rejectedSegments, drain.failure, spool.byteLength]).toEqual([1, undefined, 0]);
  expect(existsSync(join(directory.path, "rejected", name))).toBe(true);
  directory.remove();
});

test("a segment whose file is gone is told and not waited for", async () => {
  const directory = temporaryDirectory();
  const { spool, drain, reports } = await drainOf(directory.path);
  await spool.append([{ target: "words (word)", parts: [wordsBlock("x")] }]);
  await spool.rotate();
  directory.remove();
  await drain.run();
  expect(spool.oldestClosed).toBeUndefined();
  expect(reports).toEqual([expect.stringContaining("can't be read")]);
  directory.remove();
});

test("the engine killed while queries wait: they are answered by the next one, and writes go on", async () => {
  const { store } = running;
  const slow = store.client.rows("SELECT sum(sleepEachRow(0.05)) FROM numbers(30) SETTINGS max_block_size = 1");
  const waiting = Array.from({ length: 8 }, (_unused, i) =>
    store.client.rows<readonly [number]>(`SELECT toUInt8(${i})`),
  );
  process.kill(store.health.enginePid ?? 0, "SIGKILL");
  await store.write(logs("killed 1", "killed 2"));
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 8 }, (_unused, i) => [[i]]));
  await slow;
  await store.flush();
  expect(await storedBodies("killed")).toEqual(["killed 1", "killed 2"]);
  expect(store.health).toMatchObject({ engineReady: true, engineRestarts: 1 });
});

test("a payload that would overfill the spool is refused, with the time to come again", async () => {
  const refused = running.store.write(logs("x".repeat(1_100_000)));
  await expect(refused).rejects.toMatchObject({ code: "STORE_SPOOL_FULL", retryAfterMs: 5_000 });
});

test("listeners hear what was kept; one that fails harms neither writer nor neighbour", async () => {
  const heard: Payload[] = [];
  const stops = [
    running.store.subscribe(() => {
      throw new Error("a listener of ours");
    }),
    running.store.subscribe((payload) => heard.push(payload)),
  ];
  const payload = logs("heard");
  await running.store.write(payload);
  for (const stop of stops) stop();
  await running.store.write(logs("not heard"));
  expect(heard).toEqual([payload]);
  expect(running.reports).toContain("A listener failed: a listener of ours");
});

test("a payload that can't be transcoded is refused alone", async () => {
  // Never validated, as if a fault of ours had let it through: a log record whose length leads beyond the end.
  const broken: Payload = { ...logs("x"), chunks: [Uint8Array.of(0x0a, 4, 0x12, 2, 0x12, 100)] };
  const results = await Promise.allSettled([
    running.store.write(logs("before it")),
    running.store.write(broken),
    running.store.write(logs("behind it")),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await running.store.flush();
  expect(await storedBodies("be")).toEqual(["before it", "behind it"]);
});

test("a directory that another store uses is refused, and naming who uses it", async () => {
  await expect(openStore({ directory: running.directory })).rejects.toMatchObject({
    code: "STORE_IN_USE",
    path: running.directory,
    what: `process ${process.pid} uses the data directory`,
  });
});

test("a claim that a killed process left is taken over, whoever has its process id now", () => {
  const directory = temporaryDirectory();
  const path = join(directory.path, "clew.lock");
  const inUse = (pid: string): Error => new Error(`process ${pid}`);
  for (const stale of ["999999999 1", `${process.pid} 1`, "", "nonsense"]) {
    writeFileSync(path, stale);
    const release = claimDirectory(directory.path, inUse);
    expect(() => claimDirectory(directory.path, inUse)).toThrow(`process ${process.pid}`);
    release();
    expect(existsSync(path)).toBe(false);
  }
  const release = claimDirectory(directory.path, inUse);
  writeFileSync(path, "1 1");
  release();
  expect(readFileSync(path, "utf8")).toBe("1 1");
  directory.remove();
});

test("an engine that does not start is told with what it printed, and the directory is free again", async () => {
  const directory = temporaryDirectory();
  const engineProgram = join(directory.path, "engine.mjs");
  writeFileSync(engineProgram, 'console.error("no such engine"); process.exit(3);');
  const settings = { directory: join(directory.path, "data"), engineProgram };
  await expect(openStore(settings)).rejects.toMatchObject({
    code: "STORE_ENGINE_FAILED",
    what: expect.stringContaining("no such engine"),
  });
  expect(existsSync(join(settings.directory, "clew.lock"))).toBe(false);
  directory.remove();
});

test("closed with something in the spool and opened again, it finds everything; closed, it takes nothing", async () => {
  const directory = temporaryDirectory();
  const first = await openStore({ directory: directory.path });
  await first.store.write(logs("kept"));
  await Promise.all([first.store.close(), first.store.close()]);
  await expect(first.store.write(logs("late"))).rejects.toMatchObject({ code: "STORE_CLOSED" });
  // The same directory, as it is called from here.
  const second = await openStore({ directory: relative(process.cwd(), directory.path) });
  await second.store.flush();
  expect(await second.store.client.rows("SELECT Body FROM otel_logs")).toEqual([["kept"]]);
  await first.stop();
  await second.stop();
  directory.remove();
});
