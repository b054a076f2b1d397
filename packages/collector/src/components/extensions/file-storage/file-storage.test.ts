import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@clew/base";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import type { StorageClient } from "../../../extension.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { FileStorage } from "./file-storage.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "clew-storage-"));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function started(directory: string, config: object = {}) {
  const kit = componentSettings("extension", "file_storage", systemClock);
  const storage = new FileStorage(kit.settings, schema.read({ directory, ...config }, new Place("", [])));
  await storage.start();
  cleanUps.push(() => storage.shutdown());
  return { storage, ...kit };
}

const open = (storage: FileStorage): Promise<StorageClient> => storage.storage.open("exporter", "otlp/a b", "traces");
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();
const put = (key: string, value: string) => ({ key, value: Buffer.from(value) });

async function contentOf(client: StorageClient): Promise<Record<string, string | undefined>> {
  const entries = await Promise.all(client.keys().map(async (key) => [key, text(await client.get(key))] as const));
  return Object.fromEntries(entries);
}

test("keeps what it was given over a restart, each component's apart", async () => {
  const directory = temporaryDirectory();
  const first = await started(directory);
  const client = await open(first.storage);
  await client.apply([put("a", "1"), put("b", "2"), put("empty", "")]);
  await client.apply([put("a", "3"), { key: "b", value: undefined }]);
  const other = await first.storage.storage.open("receiver", "filelog", "");
  expect(other.keys()).toEqual([]);
  await first.storage.shutdown();
  const second = await started(directory);
  expect(await contentOf(await open(second.storage))).toEqual({ a: "3", empty: "" });
});

test("what a crash cut short is passed over, and what follows stands", async () => {
  const directory = temporaryDirectory();
  const first = await started(directory);
  const client = await open(first.storage);
  await client.apply([put("a", "1")]);
  await first.storage.shutdown();
  const file = join(directory, "exporter_otlp%2Fa%20b_traces", "0000000001.log");
  const whole = readFileSync(file);
  for (let cut = 1; cut < whole.length; cut++) {
    writeFileSync(file, Buffer.concat([whole, whole.subarray(0, cut)]));
    const again = await started(directory);
    const reopened = await open(again.storage);
    expect(await contentOf(reopened)).toEqual({ a: "1" });
    await reopened.apply([put("b", "2")]);
    await again.storage.shutdown();
    const after = await started(directory);
    expect(await contentOf(await open(after.storage))).toEqual({ a: "1", b: "2" });
    await after.storage.shutdown();
  }
});

test("a file that was damaged fails the start, or is put aside with recreate", async () => {
  const directory = temporaryDirectory();
  const first = await started(directory);
  const client = await open(first.storage);
  const large = "x".repeat(17 * 1024 * 1024);
  await client.apply([put("old", large)]);
  await client.apply([put("new", "1")]);
  await first.storage.shutdown();
  const folder = join(directory, "exporter_otlp%2Fa%20b_traces");
  expect(readdirSync(folder)).toHaveLength(2);
  const damaged = readFileSync(join(folder, "0000000001.log"));
  damaged[1_000] = 0;
  writeFileSync(join(folder, "0000000001.log"), damaged);
  const second = await started(directory);
  await expect(open(second.storage)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  await second.storage.shutdown();
  const third = await started(directory, { recreate: true });
  expect(await contentOf(await open(third.storage))).toEqual({ new: "1" });
  expect(third.lines.join()).toContain("A storage file is damaged and was put aside.");
});

test("a key that is written over and over takes no more room than it needs", async () => {
  const directory = temporaryDirectory();
  const { storage } = await started(directory, { fsync: false });
  const client = await open(storage);
  await client.apply([put("kept", "k")]);
  const value = "v".repeat(1024 * 1024);
  for (let i = 0; i < 60; i++) await client.apply([put("key", value + i)]);
  const folder = join(directory, "exporter_otlp%2Fa%20b_traces");
  const bytes = readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(40 * 1024 * 1024);
  expect(await contentOf(client)).toEqual({ kept: "k", key: `${value}59` });
});

test("holds whatever a map would hold, restarts included", async () => {
  const directory = temporaryDirectory();
  const key = fc.constantFrom("a", "b", "c", "é");
  const change = fc.record({ key, value: fc.option(fc.string({ maxLength: 40 }), { nil: undefined }) });
  const step = fc.oneof(fc.array(change, { minLength: 1, maxLength: 4 }), fc.constant("restart" as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      rmSync(directory, { recursive: true, force: true });
      let { storage } = await started(directory, { fsync: false });
      let client = await open(storage);
      const expected = new Map<string, string>();
      for (const one of steps) {
        if (one === "restart") {
          await storage.shutdown();
          ({ storage } = await started(directory, { fsync: false }));
          client = await open(storage);
          continue;
        }
        await client.apply(
          one.map(({ key: name, value }) => ({
            key: name,
            value: value === undefined ? undefined : Buffer.from(value),
          })),
        );
        for (const { key: name, value } of one) {
          if (value === undefined) expected.delete(name);
          else expected.set(name, value);
        }
      }
      expect(await contentOf(client)).toEqual(Object.fromEntries(expected));
      await storage.shutdown();
    }),
    { numRuns: 30 },
  );
});

test("a directory belongs to one process, and to one client a component", async () => {
  const directory = temporaryDirectory();
  const { storage } = await started(directory);
  await open(storage);
  await expect(open(storage)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  await expect(started(directory, { timeout: "0s" })).rejects.toMatchObject({ code: "STORAGE_IN_USE" });
});

test("a record that was not written whole is not there for anyone", async () => {
  const directory = temporaryDirectory();
  const { storage } = await started(directory);
  const client = await open(storage);
  await client.apply([put("a", "1")]);
  appendFileSync(join(directory, "exporter_otlp%2Fa%20b_traces", "0000000001.log"), Buffer.alloc(3));
  await client.apply([put("b", "2")]);
  await storage.shutdown();
  const again = await started(directory);
  expect(await contentOf(await open(again.storage))).toEqual({ a: "1", b: "2" });
});
