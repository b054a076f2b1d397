/** Reads what was added to a file and cuts it into records. */
import type { Settings } from "../../../../component.ts";
import type { FileLogConfig } from "../config.ts";
import { inflatedFrom, readChunk } from "./chunk-reader.ts";
import { decoderFor, type LineDecoder } from "./encoding.ts";
import type { KnownFile } from "./known-file.ts";
import { splitterFor, type Cut, type Split } from "./split.ts";

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

export interface ReadingSettings {
  readonly settings: Settings;
  readonly config: FileLogConfig;
  /** Takes records. Reading of the file goes on once it resolves. */
  readonly take: (records: Records) => Promise<void>;
  /** Takes a line of a file's header, which adds to its attributes. */
  readonly takeHeader: (file: KnownFile, line: Buffer) => void;
  /** Whether a line is one of a header. */
  readonly isHeader: (line: Buffer) => boolean;
  readonly signal: AbortSignal;
}

export class RecordReader {
  readonly #reading: ReadingSettings;
  readonly #decoder: LineDecoder;
  readonly #split: Split;

  constructor(reading: ReadingSettings) {
    const { encoding, multiline } = reading.config;
    this.#reading = reading;
    this.#decoder = decoderFor(encoding);
    this.#split = splitterFor(this.#decoder, multiline);
  }

  /** How many files are being read at this moment. */
  readingFiles = 0;

  /** Reads a file up to `size`. With `isLast` nothing will be added to its last record. */
  async readPlain(file: KnownFile, size: number, isLast = false): Promise<void> {
    this.readingFiles++;
    try {
      await this.#readTo(file, size, isLast);
    } finally {
      this.readingFiles--;
    }
  }

  async #readTo(file: KnownFile, size: number, isLast: boolean): Promise<void> {
    while (file.offset < size && !this.#reading.signal.aborted) {
      const chunk = await readChunk(file.handle!, file.offset, this.#reading.config.max_log_size + 1);
      if (chunk.length === 0) return;
      const isAtEnd = file.offset + chunk.length >= size;
      const isDue = isAtEnd && (isLast || this.#isFlushDue(file));
      if (!(await this.#cut(file, chunk, isDue))) return;
    }
  }

  /** Whether an unfinished record waited long enough. */
  #isFlushDue(file: KnownFile): boolean {
    const { config, settings } = this.#reading;
    return config.force_flush_period > 0 && settings.clock.nowMs() - file.quietSinceMs >= config.force_flush_period;
  }

  /** A gzip file is read to its end at once: nobody adds to its last record. */
  async readGzip(file: KnownFile): Promise<void> {
    let rest = Buffer.alloc(0);
    for await (const chunk of inflatedFrom(file.path, file.offset)) {
      if (this.#reading.signal.aborted) return;
      const bytes = Buffer.concat([rest, chunk]);
      const before = file.offset;
      let isCut = true;
      while (isCut) isCut = await this.#cut(file, bytes.subarray(file.offset - before), false);
      rest = bytes.subarray(file.offset - before);
    }
    if (rest.length > 0) await this.#cut(file, rest, true);
  }

  /** Hands on the records of `bytes`, which stand at the file's offset. False where there is no whole one. */
  async #cut(file: KnownFile, bytes: Buffer, isEnd: boolean): Promise<boolean> {
    const { max_log_size: most, max_log_size_behavior } = this.#reading.config;
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
    const { max_log_size: most } = this.#reading.config;
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
      if (!file.hasReadHeader && this.#reading.isHeader(line)) {
        this.#reading.takeHeader(file, line);
        continue;
      }
      file.hasReadHeader = true;
      lines.push(line);
      offsets.push(startOffset + start);
    }
    if (lines.length === 0) return;
    const firstNumber = file.recordNumber + 1;
    file.recordNumber += lines.length;
    await this.#reading.take({ file, lines, offsets, firstNumber });
  }

  #trimmed(line: Buffer): Buffer {
    const { preserve_leading_whitespaces, preserve_trailing_whitespaces } = this.#reading.config;
    if (this.#decoder.kind === "nop") return line;
    let [start, end] = [0, line.length];
    if (!preserve_leading_whitespaces) while (start < end && isSpace(line[start]!)) start++;
    if (!preserve_trailing_whitespaces) while (end > start && isSpace(line[end - 1]!)) end--;
    return line.subarray(start, end);
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
