/**
 * Follows files: finds them anew at every poll, knows them again by their first bytes and has what
 * was added read. A file that was renamed is read to its end through the handle that is still open.
 */
import { open, unlink, type FileHandle } from "node:fs/promises";
import { messageOf } from "@clew/base";
import { inflatedStart } from "./chunk-reader.ts";
import { fileAttributes } from "./file-attributes.ts";
import { FileFinder } from "./finder.ts";
import { KnownFile } from "./known-file.ts";
import { RecordReader, type ReadingSettings } from "./record-reader.ts";

/** Files are read so many at a time. */
const CONCURRENT_READS = 16;
/** Files that no pattern names any more are remembered, up to so many. */
const MAX_KNOWN_FILES = 10_000;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

export interface TailerSettings extends ReadingSettings {
  readonly known: readonly KnownFile[];
}

export class Tailer {
  readonly #tailer: TailerSettings;
  readonly #finder: FileFinder;
  readonly #reader: RecordReader;
  #known: KnownFile[];
  #isFirstPoll = true;

  constructor(tailer: TailerSettings) {
    const { config, known } = tailer;
    this.#tailer = tailer;
    this.#finder = new FileFinder(config);
    this.#reader = new RecordReader(tailer);
    this.#known = [...known];
  }

  get known(): readonly KnownFile[] {
    return this.#known;
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.#known.filter(({ handle }) => handle !== undefined).length;
  }

  /** How many of them are being read at this moment. */
  get readingFiles(): number {
    return this.#reader.readingFiles;
  }

  /** Looks at every file once. */
  async poll(): Promise<void> {
    const { config, settings } = this.#tailer;
    const paths = await this.#finder.find(settings.clock.nowMs());
    if (paths.length === 0 && this.#isFirstPoll) {
      settings.logger.warn("no files match the configured criteria", { include: config.include });
    }
    const turns = config.max_batches === 0 ? Infinity : config.max_batches;
    const seen = new Set<KnownFile>();
    for (let turn = 0; turn < turns && turn * config.max_concurrent_files < paths.length; turn++) {
      const from = turn * config.max_concurrent_files;
      await this.#pollPaths(paths.slice(from, from + config.max_concurrent_files), seen);
    }
    const lost = this.#known.filter((file) => file.handle !== undefined && !seen.has(file));
    await inTurns(lost, CONCURRENT_READS, (file) => this.#readLost(file));
    await this.#closeBeyond(config.max_concurrent_files);
    this.#isFirstPoll = false;
    const gone = this.#known.filter((file) => !seen.has(file) && file.inFlight.size === 0);
    const tooMany = new Set(gone.slice(0, Math.max(0, gone.length - MAX_KNOWN_FILES)));
    if (tooMany.size > 0) this.#known = this.#known.filter((file) => !tooMany.has(file));
  }

  async close(): Promise<void> {
    await Promise.all(this.#known.map((file) => this.#release(file)));
  }

  async #pollPaths(paths: readonly string[], seen: Set<KnownFile>): Promise<void> {
    const found: FoundFile[] = [];
    await inTurns(paths, CONCURRENT_READS, (path) =>
      this.#reporting(path, async () => {
        const one = await this.#open(path, seen);
        if (one !== undefined) found.push(one);
      }),
    );
    const files = this.#identify(found, seen);
    await inTurns(found, CONCURRENT_READS, async (one) => {
      const file = files.get(one);
      if (file === undefined) return one.handle.close();
      return this.#reporting(one.path, () => this.#follow(file, one));
    });
  }

  async #reporting(path: string, work: () => Promise<void>): Promise<void> {
    if (this.#tailer.signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // It was removed meanwhile.
      this.#tailer.settings.logger.error("Failed to read file", { path, error: messageOf(error) });
    }
  }

  /** Undefined where there is nothing to see. */
  async #open(path: string, seen: Set<KnownFile>): Promise<FoundFile | undefined> {
    const { config } = this.#tailer;
    const handle = await open(path, "r");
    const { size, mtimeMs, ino } = await handle.stat();
    const same = this.#known.find((file) => file.path === path && file.handle !== undefined);
    const isUnmodified = same?.size === size && same.modifiedMs === mtimeMs && same.inode === ino;
    if (isUnmodified && config.skip_unmodified_files && !isUnfinished(same)) {
      seen.add(same);
      await handle.close();
      return undefined;
    }
    const isGzip = await this.#isGzip(handle);
    const start = isGzip
      ? await inflatedStart(path, config.fingerprint_size)
      : await readStart(handle, config.fingerprint_size);
    if (start.length > 0) return { path, handle, fingerprint: start, size, modifiedMs: mtimeMs, inode: ino, isGzip };
    await handle.close();
    return undefined;
  }

  /**
   * Which known file each is. One under its old name comes first, then one that was renamed, then one that was
   * copied; what is left is new, unless it is a copy of one that was seen.
   */
  #identify(found: readonly FoundFile[], seen: Set<KnownFile>): Map<FoundFile, KnownFile> {
    const files = new Map<FoundFile, KnownFile>();
    const claim = (one: FoundFile, isMeant: (file: KnownFile) => boolean): void => {
      if (files.has(one)) return;
      const candidates = this.#known.filter(
        (file) => !seen.has(file) && isMeant(file) && file.matches(one.fingerprint),
      );
      const best = candidates.sort((a, b) => b.fingerprint.length - a.fingerprint.length)[0];
      if (best === undefined) return;
      seen.add(best);
      files.set(one, best);
    };
    for (const one of found) claim(one, (file) => file.path === one.path);
    for (const one of found) claim(one, (file) => file.inode === one.inode);
    for (const one of found) claim(one, () => true);
    for (const one of found) {
      const isCopy = [...seen].some((file) => file.fingerprint.equals(one.fingerprint));
      if (files.has(one) || isCopy) continue;
      const file = this.#newFile(one);
      seen.add(file);
      files.set(one, file);
    }
    return files;
  }

  #newFile({ path, fingerprint, isGzip, size }: FoundFile): KnownFile {
    const { config, settings } = this.#tailer;
    const fromStart = config.start_at === "beginning" || !this.#isFirstPoll || isGzip;
    const file = new KnownFile(path, fingerprint, fromStart ? 0 : size);
    file.hasReadHeader = config.header === undefined;
    settings.logger.info("Started watching file", { path });
    this.#known.push(file);
    return file;
  }

  async #follow(file: KnownFile, found: FoundFile): Promise<void> {
    const { size, modifiedMs, isGzip } = found;
    const isUnmodified = file.size === size && file.modifiedMs === modifiedMs;
    if (!isGzip && size < file.offset) this.#truncated(file, size);
    await this.#adopt(file, found);
    if (file.size !== size) file.quietSinceMs = this.#tailer.settings.clock.nowMs();
    [file.size, file.modifiedMs] = [size, modifiedMs];
    if (!isGzip) await this.#reader.readPlain(file, size);
    else if (!isUnmodified) await this.#reader.readGzip(file);
    if (this.#tailer.config.delete_after_read) await this.#deleteRead(file, isGzip);
  }

  async #isGzip(handle: FileHandle): Promise<boolean> {
    const { compression } = this.#tailer.config;
    if (compression !== "auto") return compression === "gzip";
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.equals(GZIP_MAGIC);
  }

  /** A file whose start is the same has become shorter: it was copied and cut. */
  #truncated(file: KnownFile, size: number): void {
    const { on_truncate } = this.#tailer.config;
    if (on_truncate === "read_whole_file") file.offset = 0;
    else if (on_truncate === "read_new") file.offset = size;
  }

  /** Follows the file under its name of now, through one handle. */
  async #adopt(file: KnownFile, { path, handle, fingerprint, inode }: FoundFile): Promise<void> {
    const old = file.handle;
    file.handle = handle;
    file.fingerprint = fingerprint;
    file.inode = inode;
    await old?.close();
    if (file.path === path && Object.keys(file.attributes).length > 0) return;
    file.path = path;
    file.attributes = await fileAttributes(path, this.#tailer.config);
  }

  async #readLost(file: KnownFile): Promise<void> {
    try {
      const { size } = await file.handle!.stat();
      await this.#reader.readPlain(file, size, true);
    } catch (error) {
      this.#tailer.settings.logger.debug("Failed to read file", { path: file.path, error: messageOf(error) });
    }
    await this.#release(file);
  }

  async #deleteRead(file: KnownFile, isGzip: boolean): Promise<void> {
    if (file.inFlight.size > 0 || (!isGzip && isUnfinished(file))) return;
    await unlink(file.path);
    await this.#release(file);
    this.#known = this.#known.filter((one) => one !== file);
  }

  async #closeBeyond(most: number): Promise<void> {
    const openFiles = this.#known.filter(({ handle }) => handle !== undefined);
    await Promise.all(openFiles.slice(0, Math.max(0, openFiles.length - most)).map((file) => this.#release(file)));
  }

  async #release(file: KnownFile): Promise<void> {
    const { handle } = file;
    file.handle = undefined;
    await handle?.close().catch(this.#tailer.settings.report);
  }
}

/** A file that a pattern names, opened. */
interface FoundFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly fingerprint: Buffer;
  readonly size: number;
  readonly modifiedMs: number;
  readonly inode: number;
  readonly isGzip: boolean;
}

async function readStart(handle: FileHandle, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

function isUnfinished(file: KnownFile): boolean {
  return file.size > file.offset;
}

async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
