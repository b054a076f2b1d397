import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../running-store.test-kit.ts";
import { blocksByTarget, framed, readFrames } from "./segment.ts";
import { Spool, type SpoolBlock } from "./spool.ts";

let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory.remove();
});

const block = (target: string, text: string): SpoolBlock => ({
  target,
  parts: [Buffer.from(text.slice(0, 1)), Buffer.from(text.slice(1))],
});

function segmentOf(...blocks: readonly SpoolBlock[]): Buffer {
  return Buffer.concat(blocks.flatMap(({ target, parts }) => framed(target, parts)));
}

function textsOf(segment: Buffer): string[] {
  return readFrames(segment).frames.map((frame) => `${frame.target}: ${Buffer.from(frame.block).toString()}`);
}

function filesOf(path = directory.path): string[] {
  return readdirSync(path).filter((name) => name.endsWith(".spool"));
}

/** What every closed segment says, oldest first; removes them. */
async function drained(spool: Spool): Promise<string[]> {
  const texts: string[] = [];
  for (let name = spool.oldestClosed; name !== undefined; name = spool.oldestClosed) {
    texts.push(...textsOf(await spool.read(name)));
    await spool.remove(name);
  }
  return texts;
}

const three = [block("a (x)", "one"), block("b", "two"), block("a (x)", "three")];

test("any blocks read back as themselves, in order, and together by target", () => {
  const blocks = fc.array(fc.tuple(fc.constantFrom("a", "b (c, `d.e`)"), fc.string({ maxLength: 300 })), {
    maxLength: 10,
  });
  fc.assert(
    fc.property(blocks, (pairs) => {
      const segment = segmentOf(...pairs.map(([target, text]) => block(target, text)));
      const { frames, damaged } = readFrames(segment);
      expect(damaged).toBe(0);
      expect(frames.map((frame) => [frame.target, Buffer.from(frame.block).toString()])).toEqual(pairs);
      for (const [target, parts] of blocksByTarget(frames)) {
        const expected = pairs.filter(([name]) => name === target).map(([, text]) => text);
        expect(Buffer.concat(parts).toString()).toBe(expected.join(""));
      }
    }),
  );
});

test("of a segment that is cut short at any byte, the frames that stand whole are read", () => {
  const segment = segmentOf(...three);
  const ends = three.map((_block, i) => segmentOf(...three.slice(0, i + 1)).length);
  for (let length = 0; length <= segment.length; length++) {
    const { frames, damaged } = readFrames(segment.subarray(0, length));
    expect([frames.length, damaged]).toEqual([ends.filter((end) => end <= length).length, 0]);
  }
});

test("a frame that is damaged in the middle, its length included, costs that frame and is counted", () => {
  const blocks = ["one", "two", "three"].map((text) => block("otel_logs (Body, `Events.Name`)", text));
  const first = segmentOf(...blocks.slice(0, 1)).length;
  const second = segmentOf(...blocks.slice(0, 2)).length;
  for (let at = first; at < second; at++) {
    const segment = segmentOf(...blocks);
    segment[at] = (segment[at] ?? 0) ^ 0x55;
    expect(textsOf(segment)).toEqual(["one", "three"].map((text) => `otel_logs (Body, \`Events.Name\`): ${text}`));
    expect(readFrames(segment).damaged).toBe(1);
  }
});

test("a damaged last frame is no frame that a crash cut short, and neither is a hole in the middle", () => {
  const segment = segmentOf(...three);
  segment[segment.length - 1] = 0;
  expect(readFrames(segment)).toMatchObject({ damaged: 1, tornBytes: 0 });
  const hole = segmentOf(block("otel_logs (Body)", "one"), block("otel_logs (Body)", "two"));
  hole.fill(0, 0, 20);
  expect(readFrames(hole)).toMatchObject({ damaged: 1, tornBytes: 0, frames: [{ target: "otel_logs (Body)" }] });
});

test("room at the end that was never written to is no damage", () => {
  const segment = Buffer.concat([segmentOf(...three), Buffer.alloc(4_096)]);
  expect(readFrames(segment)).toMatchObject({ damaged: 0, tornBytes: 4_096 });
});

test("what looks like a frame inside a damaged one, but names no table of telemetry, is none", () => {
  const forged = segmentOf(block("clew_format (Format)", "9"), block("otel_logs (Body) SETTINGS x = 1, b (x)", "9"));
  const segment = segmentOf({ target: "otel_logs (Body)", parts: [forged] });
  segment[4] = (segment[4] ?? 0) ^ 0x01;
  expect(readFrames(segment)).toMatchObject({ frames: [], damaged: 1 });
});

test("random bytes are no frames, and do no harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readFrames(Buffer.from(bytes)).frames).toEqual([]);
    }),
  );
});

test("what was appended is read back after a restart, oldest first, without being closed", async () => {
  const first = await Spool.open(directory.path, 1_000);
  await first.append([block("a", "one")]);
  await first.rotate();
  await first.append([block("a", "two"), block("b", "three")]);
  const second = await Spool.open(directory.path, 2_000);
  expect(second.byteLength).toBe(first.byteLength);
  expect(await drained(second)).toEqual(["a: one", "a: two", "b: three"]);
  expect([second.byteLength, filesOf()]).toEqual([0, []]);
  await first.close();
  await second.close();
});

test("segments large and small are read one after the other through the same memory", async () => {
  const spool = await Spool.open(directory.path, 1_000);
  const texts = [6_000_000, 10, 100_000, 3_000_000, 20].map((length, i) => String(i).repeat(length));
  for (const text of texts) {
    await spool.append([block("a", text)]);
    await spool.rotate();
  }
  expect(await drained(spool)).toEqual(texts.map((text) => `a: ${text}`));
  await spool.close();
});

test("tells how many segments wait, and for how long the oldest has, a restart included", async () => {
  const first = await Spool.open(directory.path, Date.now());
  expect([first.segments, first.oldestWaitingMs]).toEqual([0, 0]);
  await first.append([block("a", "one")]);
  await first.rotate();
  await first.append([block("a", "two")]);
  expect(first.segments).toBe(2);
  expect(first.oldestWaitingMs).toBeGreaterThan(0);
  await first.close();
  const later = await Spool.open(directory.path, Date.now() + 60_000);
  expect(later.segments).toBe(2);
  expect(later.oldestWaitingMs).toBeGreaterThan(59_000);
  await drained(later);
  expect([later.segments, later.oldestWaitingMs]).toEqual([0, 0]);
  await later.close();
});

test("a tail that a crash tore off is passed over after a restart", async () => {
  const first = await Spool.open(directory.path, 1_000);
  await first.append([block("a", "one")]);
  await first.append([block("a", "two")]);
  await first.rotate();
  const [name = ""] = filesOf();
  const path = join(directory.path, name);
  truncateSync(path, readFileSync(path).length - 1);
  const second = await Spool.open(directory.path, 2_000);
  expect(await drained(second)).toEqual(["a: one"]);
  await first.close();
});

test("only the last segment of an earlier run may have been cut short by a crash", async () => {
  const first = await Spool.open(directory.path, 1_000);
  for (const text of ["one", "two"]) {
    await first.append([block("a", text)]);
    await first.rotate();
  }
  const second = await Spool.open(directory.path, 2_000);
  await second.append([block("a", "three")]);
  await second.rotate();
  expect(filesOf().map((name) => second.mayBeTorn(name))).toEqual([false, true, false]);
  await first.close();
  await second.close();
});

test("names are never used again, not even when the clock stands still", async () => {
  const names = new Set<string>();
  for (let run = 0; run < 5; run++) {
    const spool = await Spool.open(directory.path, 1_000);
    await spool.append([block("a", "x")]);
    await spool.rotate();
    for (const name of filesOf()) names.add(name);
    await drained(spool);
    await spool.close();
  }
  expect(names.size).toBe(5);
});

test("a clock that was set back between two runs costs nothing", async () => {
  const first = await Spool.open(directory.path, 2_000);
  await first.append([block("a", "one")]);
  await first.close();
  const second = await Spool.open(directory.path, 1_000);
  await second.append([block("a", "two")]);
  await second.close();
  const third = await Spool.open(directory.path, 3_000);
  expect((await drained(third)).toSorted()).toEqual(["a: one", "a: two"]);
  await third.close();
});

test("a segment that would grow too large is closed first", async () => {
  const spool = await Spool.open(directory.path, 1_000);
  const megabytes = block("a", "x".repeat(28 * 1_048_576));
  await spool.append([megabytes]);
  await spool.append([megabytes]);
  expect(spool.oldestClosed).toBeUndefined();
  await spool.append([megabytes]);
  expect(readFileSync(join(directory.path, spool.oldestClosed ?? "")).length).toBeLessThan(64 * 1_048_576);
  expect(filesOf()).toHaveLength(2);
  await spool.close();
});

test("closing leaves what was acknowledged, and no empty file", async () => {
  const spool = await Spool.open(directory.path, 1_000);
  await spool.append([block("a", "x")]);
  await spool.close();
  expect(filesOf()).toHaveLength(1);
  const next = await Spool.open(directory.path, 2_000);
  expect(await drained(next)).toEqual(["a: x"]);
  await next.close();
  expect(filesOf()).toEqual([]);
});

test("a directory that can't be written is told, and the spool works again afterwards", async () => {
  const path = join(directory.path, "spool");
  const spool = await Spool.open(path, 1_000);
  // A file in its place keeps root out as well, whom permissions do not.
  renameSync(path, `${path}-away`);
  writeFileSync(path, "");
  await expect(spool.append([block("a", "lost")])).rejects.toMatchObject({ code: "STORE_SPOOL_FAILED", path });
  rmSync(path);
  renameSync(`${path}-away`, path);
  await spool.append([block("a", "kept")]);
  await spool.rotate();
  expect(await drained(spool)).toEqual(["a: kept"]);
  await spool.close();
});

test("a directory that is gone is told, and nothing is counted as kept", async () => {
  const spool = await Spool.open(join(directory.path, "spool"), 1_000);
  directory.remove();
  await expect(spool.append([block("a", "lost")])).rejects.toMatchObject({ code: "STORE_SPOOL_FAILED" });
  expect(spool.byteLength).toBe(0);
  await spool.close();
});

test("a segment that is put aside is no longer drained, and its bytes are there to look at", async () => {
  const spool = await Spool.open(directory.path, 1_000);
  await spool.append([block("a", "x")]);
  await spool.rotate();
  const path = await spool.putAside(spool.oldestClosed ?? "");
  expect(textsOf(readFileSync(path))).toEqual(["a: x"]);
  expect([spool.oldestClosed, spool.byteLength]).toEqual([undefined, 0]);
  const next = await Spool.open(directory.path, 2_000);
  expect(next.oldestClosed).toBeUndefined();
  expect(existsSync(path)).toBe(true);
});

test("files of others in the directory are left alone", async () => {
  writeFileSync(join(directory.path, "notes.txt"), "mine");
  const spool = await Spool.open(directory.path, 1_000);
  expect(spool.oldestClosed).toBeUndefined();
  await spool.close();
  expect(readFileSync(join(directory.path, "notes.txt"), "utf8")).toBe("mine");
});
