/** One file that only grows, until it is rotated. It is opened by the first that needs it. */
import { constants } from "node:fs";
import { mkdir, open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "@clew/base";
import { backupPath, pruneBackups } from "./backups.ts";
import type { RotationConfig } from "./config.ts";

const MEGABYTE = 1024 * 1024;
const NEW_LINE = 0x0a;

export interface OutputFileOptions {
  readonly path: string;
  /** Whether what is in it stays. */
  readonly keeps: boolean;
  readonly hasLines: boolean;
  /** With which permissions its directory is made where it is missing; undefined where it must be there. */
  readonly directoryMode: number | undefined;
  readonly rotation: RotationConfig | undefined;
  readonly clock: Clock;
}

interface Opened {
  readonly handle: FileHandle;
  size: number;
}

export class OutputFile {
  readonly #options: OutputFileOptions;
  #file: Opened | undefined;
  #last: Promise<void>;
  #waiting: { readonly bytes: Uint8Array[]; readonly written: Promise<void> } | undefined;

  /** Touches nothing before `after`. */
  constructor(options: OutputFileOptions, after: Promise<void> = Promise.resolve()) {
    this.#options = options;
    this.#last = after;
  }

  /** Rejects as the file system does; so do the others. */
  open(): Promise<void> {
    return this.#next(async () => void (await this.#opened()));
  }

  /** Resolves when the bytes are with the operating system, all of them in one file. What comes meanwhile is written together. */
  append(bytes: Uint8Array): Promise<void> {
    if (this.#options.rotation !== undefined) return this.#next(() => this.#write(bytes));
    if (this.#waiting === undefined) {
      const together: Uint8Array[] = [];
      const written = this.#next(() => {
        this.#waiting = undefined;
        return this.#write(together.length === 1 ? together[0]! : Buffer.concat(together));
      });
      this.#waiting = { bytes: together, written };
    }
    this.#waiting.bytes.push(bytes);
    return this.#waiting.written;
  }

  /** Once all is written. */
  close(): Promise<void> {
    return this.#next(async () => {
      const file = this.#file;
      this.#file = undefined;
      await file?.handle.close();
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #opened(): Promise<Opened> {
    if (this.#file !== undefined) return this.#file;
    const { directoryMode, hasLines, keeps, path } = this.#options;
    if (directoryMode !== undefined) await mkdir(dirname(path), { recursive: true, mode: directoryMode });
    const handle = await open(path, constants.O_CREAT | constants.O_RDWR | (keeps ? 0 : constants.O_TRUNC), 0o644);
    try {
      const file = { handle, size: (await handle.stat()).size };
      if (hasLines) await endTornLine(file);
      this.#file = file;
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { rotation } = this.#options;
    let file = await this.#opened();
    const isFull = rotation !== undefined && file.size + bytes.length > rotation.max_megabytes * MEGABYTE;
    if (isFull && file.size > 0) file = await this.#rotate(file, rotation);
    await appendTo(file, bytes);
  }

  async #rotate({ handle }: Opened, rotation: RotationConfig): Promise<Opened> {
    const { path, clock } = this.#options;
    await rename(path, backupPath(path, clock.nowMs(), rotation.localtime));
    this.#file = undefined;
    await handle.close();
    await pruneBackups(path, clock.nowMs(), rotation);
    return this.#opened();
  }
}

/** All of it or nothing: where a full disk took only a part, that is cut off again. */
async function appendTo(file: Opened, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;)
      at += (await file.handle.write(bytes, at, bytes.length - at, file.size + at)).bytesWritten;
  } catch (error) {
    await file.handle.truncate(file.size).catch(() => {});
    throw error;
  }
  file.size += bytes.length;
}

/** A program that was killed while it wrote may have left half a line, which must not spoil ours. */
async function endTornLine(file: Opened): Promise<void> {
  if (file.size === 0) return;
  const { buffer } = await file.handle.read(Buffer.alloc(1), 0, 1, file.size - 1);
  if (buffer[0] !== NEW_LINE) await appendTo(file, Buffer.from("\n"));
}
