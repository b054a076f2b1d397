import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ClewError, messageOf } from "@clew/base";
import { makeDirectory, syncDirectory } from "../sync-directory.ts";
import { framed } from "./segment.ts";

const SUFFIX = ".spool";
/** An open segment that would grow beyond this is closed: what the engine takes at once stays small. */
const MAX_SEGMENT_BYTES = 64 * 1_048_576;
const EMPTY = Buffer.alloc(0);
/** Memory that segments are read into is at least so large… */
const LEAST_READ_BYTES = 1_048_576;
/** …and at most so many times as large as they are. */
const MAX_SPARE = 4;

/** A block that must not be lost, for one insert target, `table (column, …)`. The parts are read until `append` settles. */
export interface SpoolBlock {
  readonly target: string;
  readonly parts: readonly Uint8Array[];
}

interface ClosedSegment {
  readonly name: string;
  readonly byteLength: number;
  /** When its first block came, by `performance.now()`. */
  readonly sinceMs: number;
}

/**
 * Files that hold blocks between their acknowledgement and their insert. Blocks are appended
 * to the open segment and synced; a segment that is closed is drained and removed by its name.
 * Names sort by age and are never used twice, so they can identify an insert
 * (docs/formats/spool.md).
 */
export class Spool {
  readonly #directory: string;
  readonly #run: string;
  readonly #closed: ClosedSegment[] = [];
  #sequence = 0;
  #file: FileHandle | undefined;
  #name = "";
  #length = 0;
  #sinceMs = 0;
  #failure: string | undefined;
  /** What segments are read into, one after the other, while they come: new memory for each would make V8 collect all the time. */
  #readInto = EMPTY;

  private constructor(directory: string, run: string) {
    this.#directory = directory;
    this.#run = run;
  }

  /**
   * Opens the directory, making it where needed; segments of earlier runs count as closed.
   * `nowMs` makes names sort, and something random keeps them apart where a clock went back.
   */
  static async open(directory: string, nowMs: number): Promise<Spool> {
    await makeDirectory(directory);
    const time = Math.floor(nowMs).toString(36).padStart(9, "0");
    const spool = new Spool(directory, `${time}-${randomBytes(4).toString("hex")}`);
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort();
    for (const name of names) {
      const { size, mtimeMs } = await stat(join(directory, name));
      const sinceMs = performance.now() - Math.max(0, nowMs - mtimeMs);
      spool.#closed.push({ name, byteLength: size, sinceMs });
    }
    return spool;
  }

  /** Bytes that were acknowledged and are not in the engine yet. */
  get byteLength(): number {
    return this.#closed.reduce((total, segment) => total + segment.byteLength, this.#length);
  }

  get segments(): number {
    return this.#closed.length + (this.#length > 0 ? 1 : 0);
  }

  /** How long the oldest block has waited, or in an earlier run's segment about so; 0 where nothing waits. */
  get oldestWaitingMs(): number {
    const sinceMs = this.#closed[0]?.sinceMs ?? (this.#length > 0 ? this.#sinceMs : undefined);
    return sinceMs === undefined ? 0 : performance.now() - sinceMs;
  }

  /** Why the last `append` failed; undefined where it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get oldestClosed(): string | undefined {
    return this.#closed[0]?.name;
  }

  /** Resolves once the blocks are on disk. After a failure nothing of them will be drained. Throws `STORE_SPOOL_FAILED`. */
  async append(blocks: readonly SpoolBlock[]): Promise<void> {
    const parts = blocks.flatMap(({ target, parts }) => framed(target, parts));
    const byteLength = parts.reduce((total, part) => total + part.length, 0);
    if (this.#length + byteLength > MAX_SEGMENT_BYTES) await this.rotate();
    try {
      this.#file ??= await this.#newSegment();
      await writeAll(this.#file, parts, byteLength, this.#length);
      await this.#file.datasync();
    } catch (error) {
      await this.#abandonTail();
      this.#failure = messageOf(error);
      throw new ClewError("STORE_SPOOL_FAILED", this.#failure, {
        path: this.#directory,
        remedy: "see that the disk has room and may be written to, or point --data at another",
        cause: error,
      });
    }
    if (this.#length === 0) this.#sinceMs = performance.now();
    this.#length += byteLength;
    this.#failure = undefined;
  }

  /** Closes the open segment, so that it will be drained. Not to be called while `append` runs. */
  async rotate(): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#length === 0) {
      if (this.#closed.length === 0) this.#readInto = EMPTY;
      return;
    }
    this.#close();
    this.#file = undefined;
    // What is acknowledged is synced, so nothing is lost by a file that doesn't close.
    await file.close().catch(() => {});
  }

  /** What was acknowledged of a closed segment, in memory that the next `read` uses again. */
  async read(name: string): Promise<Buffer> {
    const byteLength = this.#closed.find((segment) => segment.name === name)?.byteLength ?? 0;
    const file = await open(join(this.#directory, name), "r");
    try {
      return await readWhole(file, this.#memoryFor(byteLength));
    } finally {
      await file.close();
    }
  }

  /** Whether a crash may have cut a closed segment short, as it may the last of an earlier run: the others were closed when they were whole. */
  mayBeTorn(name: string): boolean {
    const run = name.slice(0, name.lastIndexOf("-"));
    return run !== this.#run && !this.#closed.some((other) => other.name > name && other.name.startsWith(`${run}-`));
  }

  /** Forgets a closed segment, whose blocks are in the engine now. */
  async remove(name: string): Promise<void> {
    await rm(join(this.#directory, name), { force: true });
    await syncDirectory(this.#directory).catch(unlessMissing);
    this.#forget(name);
  }

  /** Puts a segment aside that the engine will never take, for a person to look at. */
  async putAside(name: string): Promise<string> {
    const aside = join(this.#directory, "rejected");
    await makeDirectory(aside);
    await rename(join(this.#directory, name), join(aside, name)).catch(unlessMissing);
    this.#forget(name);
    return join(aside, name);
  }

  async close(): Promise<void> {
    await this.rotate();
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await this.#discard(file);
  }

  #memoryFor(byteLength: number): Buffer {
    const wanted = Math.max(byteLength, LEAST_READ_BYTES);
    const held = this.#readInto.length;
    if (held < wanted || held > MAX_SPARE * wanted) this.#readInto = Buffer.allocUnsafeSlow(wanted);
    return this.#readInto.subarray(0, byteLength);
  }

  #close(): void {
    this.#closed.push({ name: this.#name, byteLength: this.#length, sinceMs: this.#sinceMs });
    this.#length = 0;
  }

  #forget(name: string): void {
    const index = this.#closed.findIndex((segment) => segment.name === name);
    if (index >= 0) this.#closed.splice(index, 1);
  }

  async #newSegment(): Promise<FileHandle> {
    this.#name = `${this.#run}-${String(this.#sequence++).padStart(8, "0")}${SUFFIX}`;
    this.#length = 0;
    const file = await open(join(this.#directory, this.#name), "wx");
    try {
      await syncDirectory(this.#directory);
      return file;
    } catch (error) {
      await this.#discard(file);
      throw error;
    }
  }

  /** Removes a segment in which nothing was acknowledged. */
  async #discard(file: FileHandle): Promise<void> {
    await file.close().catch(() => {});
    await rm(join(this.#directory, this.#name), { force: true }).catch(() => {});
  }

  /** What was written of a failed append is cut off; where even that fails, the segment is closed at its former length. */
  async #abandonTail(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      await file.truncate(this.#length);
    } catch {
      this.#file = undefined;
      if (this.#length === 0) return this.#discard(file);
      this.#close();
      await file.close().catch(() => {});
    }
  }
}

/** As much of `into` as the file has. */
async function readWhole(file: FileHandle, into: Buffer): Promise<Buffer> {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await file.read(into, length, into.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return into.subarray(0, length);
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** The most buffers that one system call takes (IOV_MAX). */
const PARTS_PER_WRITE = 1_024;

async function writeAll(
  file: FileHandle,
  parts: readonly Uint8Array[],
  byteLength: number,
  position: number,
): Promise<void> {
  let at = position;
  for (let i = 0; i < parts.length; i += PARTS_PER_WRITE) {
    const batch = parts.slice(i, i + PARTS_PER_WRITE);
    const expected = batch.reduce((total, part) => total + part.length, 0);
    const { bytesWritten } = await file.writev(batch, at);
    if (bytesWritten !== expected) await writeRest(file, Buffer.concat(batch), bytesWritten, at);
    at += expected;
  }
  if (at - position !== byteLength) throw new Error("short write");
}

async function writeRest(file: FileHandle, bytes: Buffer, alreadyWritten: number, position: number): Promise<void> {
  let written = alreadyWritten;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw new Error("no space left");
    written += bytesWritten;
  }
}
