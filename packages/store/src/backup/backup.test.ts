/** Backups of a running store, and what a restore puts in the place of. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { openStore, temporaryDirectory, type RunningStore } from "../running-store.test-kit.ts";
import { FORMAT } from "../schema/migrations/index.ts";
import type { Store } from "../store.ts";

let running: RunningStore;
let other: { readonly path: string; remove(): void };

beforeEach(async () => {
  running = await openStore();
  other = temporaryDirectory();
});
afterEach(async () => {
  await running.stop();
  other.remove();
});

async function write(store: Store, name: string): Promise<void> {
  const span = {
    traceId: Buffer.alloc(16, name),
    spanId: Buffer.alloc(8, name),
    name,
    startTimeUnixNano: 1_000_000_000n,
  };
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  await store.write(payloadOf("traces", Buffer.from(encode(PROTOCOLS.traces.request, request))));
}

async function stored(store: Store): Promise<unknown> {
  await store.flush();
  return store.client.rows(
    "SELECT arraySort(groupArray(SpanName)), (SELECT sum(Spans) FROM span_durations), (SELECT count() FROM otel_traces_trace_id_ts) FROM otel_traces",
  );
}

test("a backup has what was acknowledged before, and not what came later; another store takes it", async () => {
  const target = join(other.path, "backup");
  await write(running.store, "before");
  const manifest = await running.store.backUp(target);
  await write(running.store, "after");
  expect(manifest).toMatchObject({ format: FORMAT });
  const second = await openStore();
  try {
    await second.store.restore(target);
    expect(await stored(second.store)).toEqual([[["before"], "1", "1"]]);
    await write(second.store, "later");
    expect(await stored(second.store)).toEqual([[["before", "later"], "2", "2"]]);
  } finally {
    await second.stop();
  }
  expect(readdirSync(join(running.directory, "engine", "data", "backups"))).toEqual([]);
});

test("a backup that is made while spans come has what views made of each that it has, and of no other", async () => {
  const { store } = running;
  const second = await openStore();
  await write(store, "first");
  const over = new AbortController();
  const writing = (async () => {
    for (let i = 0; !over.signal.aborted; i++) {
      await write(store, `span ${i}`);
      await store.flush();
    }
  })();
  try {
    for (let round = 0; round < 8; round++) {
      const target = join(other.path, `backup ${round}`);
      await store.backUp(target);
      await second.store.restore(target, { replace: true });
      const [[names, ...ofViews] = [[]]] = (await stored(second.store)) as (readonly [string[], ...string[]])[];
      expect(names.length).toBeGreaterThan(0);
      expect(ofViews.map(Number)).toEqual([names.length, names.length]);
    }
  } finally {
    over.abort();
    await writing;
    await second.stop();
  }
});

test("what is stored is given up only when that is said; what arrives meanwhile is stored", async () => {
  const target = join(other.path, "backup");
  await write(running.store, "kept");
  await running.store.backUp(target);
  await write(running.store, "lost");
  await expect(running.store.restore(target)).rejects.toMatchObject({ code: "RESTORE_NOT_EMPTY" });
  expect(await stored(running.store)).toEqual([[["kept", "lost"], "2", "2"]]);
  const restored = running.store.restore(target, { replace: true });
  await write(running.store, "meanwhile");
  await restored;
  expect(await stored(running.store)).toEqual([[["kept", "meanwhile"], "2", "2"]]);
});

test("a backup that is damaged leaves what is stored as it was", async () => {
  const target = join(other.path, "backup");
  await write(running.store, "old");
  await running.store.backUp(target);
  await write(running.store, "new");
  const metadata = join(target, "data", ".backup");
  writeFileSync(metadata, readFileSync(metadata).subarray(0, 100));
  await expect(running.store.restore(target, { replace: true })).rejects.toMatchObject({ code: "BACKUP_FAILED" });
  expect(await stored(running.store)).toEqual([[["new", "old"], "2", "2"]]);
  await write(running.store, "more");
  expect(await stored(running.store)).toEqual([[["more", "new", "old"], "3", "3"]]);
});

test("a restore that was cut off is undone by the next start", async () => {
  await write(running.store, "old");
  await running.store.flush();
  const { client } = running.store;
  for (const view of ["span_durations_mv", "otel_traces_trace_places_mv"])
    await client.command(`DROP VIEW ${view} SYNC`);
  await client.command("RENAME DATABASE clew TO clew_before_restore");
  await running.store.close();
  const { directory } = running;
  running = await openStore({ directory });
  expect(await stored(running.store)).toEqual([[["old"], "1", "1"]]);
  await write(running.store, "new");
  expect(await stored(running.store)).toEqual([[["new", "old"], "2", "2"]]);
  expect(existsSync(directory)).toBe(true);
  rmSync(directory, { recursive: true, force: true });
});

test("directories that are no place for a backup, or have none, are refused", async () => {
  writeFileSync(join(other.path, "mine"), "x");
  await expect(running.store.backUp(other.path)).rejects.toMatchObject({
    code: "BACKUP_TARGET_TAKEN",
    path: other.path,
  });
  await expect(running.store.restore(other.path)).rejects.toMatchObject({ code: "BACKUP_UNKNOWN", path: other.path });
  writeFileSync(join(other.path, "clew-backup.json"), JSON.stringify({ format: FORMAT + 1 }));
  await expect(running.store.restore(other.path)).rejects.toMatchObject({ code: "STORE_FORMAT_NEWER" });
});
