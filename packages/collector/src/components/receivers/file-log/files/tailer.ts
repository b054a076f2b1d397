/**
 * Follows files: finds them anew at every poll, knows them again by their first bytes, reads what
 * was added and cuts it into records. A file that was renamed is read to its end through the handle
 * that is still open.
 */
import { open, unlink, type FileHandle } from "node:fs/promises";
import { messageOf } from "@clew/base";
import type { Settings } from "../../../../component.ts";
import type { FileLogConfig } from "../config.ts";
import { inflatedFrom, inflatedStart, readChunk } from "./chunk-reader.ts";
import { decoderFor, type LineDecoder } from "./encoding.ts";
import { fileAttributes } from "./file-attributes.ts";
import { FileFinder } from "./finder.ts";
import { KnownFile } from "./known-file.ts";
import { splitterFor, type Cut, type Split } from "./split.ts";

/** Files are read so many at a time. */
const CONCURRENT_READS = 16;
/** Files that no pattern names any more are remembered, up to so many. */
const MAX_KNOWN_FILES = 10_000;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Records of one file that stand behind one another. */
export interface Records {
  readonly file: KnownFile;
  /** UTF-8, unless the encoding is `nop`. */
  readonly lines: readonly Buffer[];
  /** Where each begins. */
  readonly offsets: readonly number[];
  /** The number of the first. */
  readonly firstNumber: number;
}

export interface TailerSettings {
  readonly settings: Settings;
  readonly config: FileLogConfig;
  readonly known: readonly KnownFile[];
  /** Takes records. Reading of the file goes on once it resolves. */
  readonly take: (records: Records) => Promise<void>;
  /** Takes a line of a file's header, which adds to its attributes. */
  readonly takeHeader: (file: KnownFile, line: Buffer) => void;
  /** Whether a line is one of a header. */
  readonly isHeader: (line: Buffer) => boolean;
  readonly signal: AbortSignal;
}

export class Tailer {
  readonly #tailer: TailerSettings;
  readonly #finder: FileFinder;
  readonly #decoder: LineDecoder;
  readonly #split: Split;
  #known: KnownFile[];
  #isFirstPoll = true;

  constructor(tailer: TailerSettings) {
    const { config, known } = tailer;
    this.#tailer = tailer;
    this.#finder = new FileFinder(config);
    this.#decoder = decoderFor(config.encoding);
    this.#split = splitterFor(this.#decoder, config.multiline);
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
  readingFiles = 0;

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
    if (!isGzip) await this.#readPlain(file, size);
    else if (!isUnmodified) await this.#readGzip(file);
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
      await this.#readPlain(file, size, true);
    } catch (error) {
      this.#tailer.settings.logger.debug("Failed to read file", { path: file.path, error: messageOf(error) });
    }
    await this.#release(file);
  }

  async #readPlain(file: KnownFile, size: number, isLast = false): Promise<void> {
    this.readingFiles++;
    try {
      await this.#readTo(file, size, isLast);
    } finally {
      this.readingFiles--;
    }
  }

  async #readTo(file: KnownFile, size: number, isLast: boolean): Promise<void> {
    while (file.offset < size && !this.#tailer.signal.aborted) {
      const chunk = await readChunk(file.handle!, file.offset, this.#tailer.config.max_log_size + 1);
      if (chunk.length === 0) return;
      const isAtEnd = file.offset + chunk.length >= size;
      const isDue = isAtEnd && (isLast || this.#isFlushDue(file));
      if (!(await this.#cut(file, chunk, isDue))) return;
    }
  }

  /** Whether an unfinished record waited long enough. */
  #isFlushDue(file: KnownFile): boolean {
    const { config, settings } = this.#tailer;
    return config.force_flush_period > 0 && settings.clock.nowMs() - file.quietSinceMs >= config.force_flush_period;
  }

  /** A gzip file is read to its end at once: nobody adds to its last record. */
  async #readGzip(file: KnownFile): Promise<void> {
    let rest = Buffer.alloc(0);
    for await (const chunk of inflatedFrom(file.path, file.offset)) {
      if (this.#tailer.signal.aborted) return;
      const bytes = Buffer.concat([rest, chunk]);
      const before = file.offset;
      await this.#cut(file, bytes, false);
      rest = bytes.subarray(file.offset - before);
    }
    if (rest.length > 0) await this.#cut(file, rest, true);
  }

  /** Hands on the records of `bytes`, which stand at the file's offset. False where there is no whole one. */
  async #cut(file: KnownFile, bytes: Buffer, isEnd: boolean): Promise<boolean> {
    const { max_log_size: most, max_log_size_behavior } = this.#tailer.config;
    const { records, consumed } = this.#split(bytes, isEnd);
    const isTooLong = consumed === 0 && bytes.length > most;
    const cuts = isTooLong ? [{ start: 0, end: most }] : records;
    const end = isTooLong ? most : consumed;
    if (end === 0) return false;
    const isTruncating = max_log_size_behavior === "truncate";
    const pieces = this.#pieces(file, cuts, isTruncating);
    file.isSkipping = isTooLong && isTruncating;
    const startOffset = file.offset;
    file.offset += end;
    await this.#handOn(file, bytes, pieces, startOffset);
    return true;
  }

  /** Records of no more than `max_log_size`: longer ones are split, or lose their end. */
  #pieces(file: KnownFile, cuts: readonly Cut[], isTruncating: boolean): Cut[] {
    const { max_log_size: most } = this.#tailer.config;
    const wanted = file.isSkipping ? cuts.slice(1) : cuts;
    if (wanted.every(({ start, end }) => end - start <= most)) return [...wanted];
    return wanted.flatMap(({ start, end }) => {
      if (isTruncating) return [{ start, end: Math.min(end, start + most) }];
      const count = Math.max(1, Math.ceil((end - start) / most));
      return Array.from({ length: count }, (_none, i) => ({
        start: start + i * most,
        end: Math.min(end, start + (i + 1) * most),
      }));
    });
  }

  async #handOn(file: KnownFile, bytes: Buffer, pieces: readonly Cut[], startOffset: number): Promise<void> {
    const lines: Buffer[] = [];
    const offsets: number[] = [];
    for (const { start, end } of pieces) {
      const line = this.#trimmed(this.#decoder.toUtf8(bytes.subarray(start, end)));
      if (!file.hasReadHeader && this.#tailer.isHeader(line)) {
        this.#tailer.takeHeader(file, line);
        continue;
      }
      file.hasReadHeader = true;
      lines.push(line);
      offsets.push(startOffset + start);
    }
    if (lines.length === 0) return;
    const firstNumber = file.recordNumber + 1;
    file.recordNumber += lines.length;
    await this.#tailer.take({ file, lines, offsets, firstNumber });
  }

  #trimmed(line: Buffer): Buffer {
    const { preserve_leading_whitespaces, preserve_trailing_whitespaces } = this.#tailer.config;
    if (this.#decoder.kind === "nop") return line;
    let [start, end] = [0, line.length];
    if (!preserve_leading_whitespaces) while (start < end && isSpace(line[start]!)) start++;
    if (!preserve_trailing_whitespaces) while (end > start && isSpace(line[end - 1]!)) end--;
    return line.subarray(start, end);
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

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
