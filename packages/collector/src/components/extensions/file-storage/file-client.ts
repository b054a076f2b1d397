import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ClewError, messageOf } from "@clew/base";
import type { StorageChange, StorageClient } from "../../../extension.ts";
import { readRecords, recordOf } from "./record.ts";

/** A file that has grown beyond this is closed, and another begun. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** What one write and one sync take of changes, the last of which may pass it. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;
const SUFFIX = ".log";

interface StorageFile {
  readonly number: number;
  readonly handle: FileHandle;
  /** Bytes that were written, and how many of them are values that still count. */
  byteLength: number;
  liveBytes: number;
}

interface Place {
  readonly file: StorageFile;
  readonly start: number;
  readonly length: number;
}

interface Waiting {
  readonly changes: readonly StorageChange[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface FileClientSettings {
  readonly directory: string;
  readonly fsync: boolean;
  /** Whether damaged files are put aside. */
  readonly recreate: boolean;
  /** Told of files that were put aside. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Keys and values in files to which changes are only ever appended. Where each value lies is
 * kept in memory, the values are not. Changes that come while others are being synced share
 * the next sync. The oldest file goes once nothing in it counts; where little does, that is
 * written again first.
 */
export class FileClient implements StorageClient {
  readonly #settings: FileClientSettings;
  // In the order of their numbers; the last is written to.
  readonly #files: StorageFile[] = [];
  // key --> where its value lies
  readonly #places = new Map<string, Place>();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(settings: FileClientSettings) {
    this.#settings = settings;
  }

  /** Reads what is there. Rejects with `STORAGE_FAILED`, also for a file that was damaged unless `recreate`. */
  static async open(settings: FileClientSettings): Promise<FileClient> {
    const client = new FileClient(settings);
    try {
      await client.#load();
    } catch (error) {
      await client.close();
      throw failed(error, settings.directory);
    }
    return client;
  }

  keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const value = Buffer.allocUnsafeSlow(place.length);
    try {
      const { bytesRead } = await place.file.handle.read(value, 0, place.length, place.start);
      if (bytesRead < place.length) throw new Error(`value of ${key} is cut short`);
    } catch (error) {
      // Its file may have gone meanwhile, because it was written again elsewhere.
      if (this.#places.get(key) !== place) return this.get(key);
      throw failed(error, this.#settings.directory);
    }
    return value;
  }

  apply(changes: readonly StorageChange[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(failed(new Error("it is closed"), this.#settings.directory));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#writing !== undefined) await this.#writing;
    for (const { handle } of this.#files.splice(0)) await handle.close();
  }

  async #load(): Promise<void> {
    const { directory } = this.#settings;
    await mkdir(directory, { recursive: true });
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort();
    for (const [i, name] of names.entries()) await this.#loadFile(name, i === names.length - 1);
    if (this.#files.length === 0) await this.#begin();
  }

  async #loadFile(name: string, isLast: boolean): Promise<void> {
    const path = join(this.#settings.directory, name);
    const content = await readFile(path);
    const { changes, end } = readRecords(content);
    if (end < content.length && !isLast) return this.#putAside(path, end, content.length);
    const handle = await open(path, "r+");
    const file: StorageFile = { number: Number.parseInt(name, 10), handle, byteLength: end, liveBytes: 0 };
    this.#files.push(file);
    // What a crash cut short must not stand before what is appended next.
    if (end < content.length) await handle.truncate(end);
    for (const { key, start, length } of changes)
      this.#place(key, start === undefined ? undefined : { file, start, length });
  }

  async #putAside(path: string, end: number, length: number): Promise<void> {
    if (!this.#settings.recreate)
      throw new Error(`${path} is damaged at byte ${end} of ${length}; set recreate: true to put it aside`);
    const aside = `${path}.backup`;
    await rename(path, aside);
    this.#settings.warn("A storage file is damaged and was put aside.", {
      file: aside,
      damaged_at: end,
      bytes: length,
    });
  }

  #place(key: string, place: Place | undefined): void {
    const before = this.#places.get(key);
    if (before !== undefined) before.file.liveBytes -= before.length;
    if (place === undefined) this.#places.delete(key);
    else {
      this.#places.set(key, place);
      place.file.liveBytes += place.length;
    }
  }

  async #writeAll(): Promise<void> {
    // Changes that are made in the same turn of the event loop share the first write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group.flatMap(({ changes }) => changes));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(failed(error, this.#settings.directory));
      }
    }
    await this.#clean().catch((error: unknown) => {
      this.#settings.warn("Storage files could not be cleaned up.", { error: messageOf(error) });
    });
    this.#writing = this.#waiting.length > 0 ? this.#writeAll() : undefined;
  }

  #takeGroup(): Waiting[] {
    let byteLength = 0;
    let count = 0;
    while (count < this.#waiting.length && byteLength < MAX_GROUP_BYTES)
      for (const { value } of this.#waiting[count++]!.changes) byteLength += value?.length ?? 0;
    return this.#waiting.splice(0, count);
  }

  async #write(changes: readonly StorageChange[]): Promise<void> {
    if (this.#files.at(-1)!.byteLength >= MAX_FILE_BYTES) await this.#begin();
    const file = this.#files.at(-1)!;
    const { parts, located, byteLength } = recordOf(changes);
    try {
      const { bytesWritten } = await file.handle.writev(parts, file.byteLength);
      if (bytesWritten < byteLength) throw new Error("no space left on the device");
      if (this.#settings.fsync) await file.handle.datasync();
    } catch (error) {
      // Half a record must not stand before the next one.
      await file.handle.truncate(file.byteLength).catch(() => this.#begin());
      throw error;
    }
    const recordStart = file.byteLength;
    file.byteLength += byteLength;
    for (const { key, start, length } of located)
      this.#place(key, start === undefined ? undefined : { file, start: recordStart + start, length });
  }

  /** Lets the oldest files go. Of values that count there, what is little is written again. */
  async #clean(): Promise<void> {
    while (this.#files.length > 1) {
      const [oldest] = this.#files;
      if (oldest === undefined || oldest.liveBytes * 2 > oldest.byteLength) return;
      const live = [...this.#places].filter(([, { file }]) => file === oldest);
      if (live.length > 0) {
        const changes = await Promise.all(live.map(async ([key]) => ({ key, value: await this.get(key) })));
        await this.#write(changes);
      }
      this.#files.shift();
      await oldest.handle.close();
      await rm(join(this.#settings.directory, nameOf(oldest.number)), { force: true });
    }
  }

  async #begin(): Promise<void> {
    const number = (this.#files.at(-1)?.number ?? 0) + 1;
    const handle = await open(join(this.#settings.directory, nameOf(number)), "wx+");
    this.#files.push({ number, handle, byteLength: 0, liveBytes: 0 });
    if (this.#settings.fsync) await syncDirectory(this.#settings.directory);
  }
}

function nameOf(number: number): string {
  return `${String(number).padStart(10, "0")}${SUFFIX}`;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failed(cause: unknown, directory: string): ClewError {
  return new ClewError("STORAGE_FAILED", messageOf(cause), {
    path: directory,
    remedy: "free disk space, or name a directory that may be written",
    cause,
  });
}
