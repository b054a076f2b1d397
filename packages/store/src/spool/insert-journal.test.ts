/** A crash between an insert and the removal of its segment, on the real engine, with what a disk may have left of both. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, type Clock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore, temporaryDirectory } from "../running-store.test-kit.ts";
import { TableDirectories } from "../engine/table-directories.ts";
import type { Store } from "../store.ts";
import { InsertJournal } from "./insert-journal.ts";

/** Nothing is drained but by `flush`. */
const clock: Clock = { ...systemClock, every: () => () => {} };
let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

function logs(body: string): Payload {
  const logRecords = [{ timeUnixNano: 1_760_000_000_000_000_000n, body: { stringValue: body } }];
  return payloadOf("logs", encode(PROTOCOLS.logs.request, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
}

async function open(): Promise<Store> {
  return (await openStore({ directory: directory.path, clock })).store;
}

async function bodies(store: Store): Promise<string[]> {
  const rows = await store.client.rows<readonly [string]>("SELECT Body FROM otel_logs ORDER BY Body");
  return rows.map(([body]) => body);
}

/** Where the files of a part of `otel_logs` are, and of its table. */
async function partsOf(store: Store): Promise<string[]> {
  const rows = await store.client.rows<readonly [string]>(
    "SELECT path FROM system.parts WHERE table = 'otel_logs' AND active ORDER BY min_block_number",
  );
  return rows.map(([path]) => path);
}

function openSegment(): string {
  const spool = join(directory.path, "spool");
  return join(spool, readdirSync(spool).find((name) => name.endsWith(".spool")) ?? "");
}

/** Inserts what waits, and leaves the segment there as a crash before its removal would. Returns its path. */
async function insertWithoutRemoval(store: Store): Promise<string> {
  const segment = openSegment();
  const kept = join(directory.path, "kept");
  copyFileSync(segment, kept);
  await store.flush();
  copyFileSync(kept, segment);
  return segment;
}

test("what was inserted and not removed is there once, though the engine has forgotten the insert", async () => {
  const first = await open();
  await first.write(logs("before"));
  await first.flush();
  await first.write(logs("twice?"));
  await insertWithoutRemoval(first);
  const memory = join((await partsOf(first))[0] ?? "", "..", "deduplication_logs");
  await first.close();
  for (const name of readdirSync(memory)) rmSync(join(memory, name));
  const second = await open();
  expect(await bodies(second)).toEqual(["before"]);
  await second.flush();
  expect(await bodies(second)).toEqual(["before", "twice?"]);
  await second.close();
});

test("what was taken back is not settled until it was inserted again", async () => {
  const first = await open();
  await first.write(logs("again"));
  const segment = await insertWithoutRemoval(first);
  await first.close();
  const spool = join(directory.path, "spool");
  const journal = new InsertJournal(spool, new TableDirectories(join(directory.path, "engine", "data")));
  expect([journal.isSettled, journal.takenBack]).toEqual([true, 0]);
  await journal.undo();
  expect([journal.isSettled, journal.takenBack]).toEqual([false, 1]);
  rmSync(segment);
  expect(journal.isSettled).toBe(true);
});

test("what the engine remembers as inserted, but whose part a kill took, is inserted", async () => {
  const first = await open();
  await first.write(logs("lost?"));
  await insertWithoutRemoval(first);
  const [part = ""] = await partsOf(first);
  await first.close();
  rmSync(part, { recursive: true });
  const second = await open();
  await second.flush();
  expect(await bodies(second)).toEqual(["lost?"]);
  await second.close();
});

test("an insert that was merged with older ones meanwhile is taken back out of them", async () => {
  const first = await open();
  await first.write(logs("older"));
  await first.flush();
  await first.write(logs("merged"));
  await insertWithoutRemoval(first);
  await first.client.command("OPTIMIZE TABLE otel_logs FINAL");
  expect(await partsOf(first)).toHaveLength(1);
  await first.close();
  const second = await open();
  expect(await bodies(second)).toEqual(["older"]);
  await second.flush();
  expect(await bodies(second)).toEqual(["merged", "older"]);
  await second.close();
});

test("of a segment that was damaged since, what was inserted stays, and nothing comes twice", async () => {
  const first = await open();
  await first.write(logs("damaged"));
  await first.write(logs("whole"));
  const segment = await insertWithoutRemoval(first);
  await first.close();
  const bytes = readFileSync(segment);
  bytes.write("DAMAGED", bytes.indexOf("damaged"));
  writeFileSync(segment, bytes);
  const second = await open();
  await second.flush();
  expect(await bodies(second)).toEqual(["damaged", "whole"]);
  expect(second.health.rejectedSegments).toBe(1);
  await second.close();
});

test("the engine killed between an insert and its removal, while the program goes on: it is there once", async () => {
  const store = await open();
  await store.write(logs("one"));
  const segment = await insertWithoutRemoval(store);
  await store.write(logs("two"));
  process.kill(store.health.enginePid ?? 0, "SIGKILL");
  await store.flush();
  await store.close();
  expect(readdirSync(join(directory.path, "spool"))).toContain(segment.slice(segment.lastIndexOf("/") + 1));
  const again = await open();
  await again.flush();
  expect(await bodies(again)).toEqual(["one", "two"]);
  await again.close();
});

test("where the journal can't be written nothing is inserted, and it is written before the next attempt", async () => {
  const store = await open();
  await store.write(logs("waits"));
  const segment = openSegment();
  const inTheWay = join(directory.path, "spool", "inserting.json.next");
  mkdirSync(inTheWay);
  const flushed = store.flush();
  await expect.poll(() => store.health.warnings).toContainEqual(expect.stringContaining("can't be stored yet"));
  expect(await bodies(store)).toEqual([]);
  rmdirSync(inTheWay);
  await flushed;
  expect(await bodies(store)).toEqual(["waits"]);
  const journal = readFileSync(join(directory.path, "spool", "inserting.json"), "utf8");
  expect(segment).toContain((JSON.parse(journal) as { segment: string }).segment);
  await store.close();
});
