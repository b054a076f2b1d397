import { KnownBytes, type Reader } from "@clew/otlp";

/** So many are remembered; the labels of others are read each time. */
const MAX_LABEL_SETS = 100_000;
/** And no more once they take so much, since labels may be long. */
const MAX_BYTES = 67_108_864;
/** All are forgotten that often, since series come and go. */
const FORGET_AFTER_MS = 600_000;

/** What labels come to, once they were found to be right. */
export interface LabelSet {
  /** The metric's. */
  readonly name: string;
  /** The other labels as attributes of a number's point. */
  readonly attributes: Uint8Array;
}

interface Remembered extends LabelSet {
  /** The labels in a request of 1.0. */
  readonly bytes: KnownBytes;
  /** The one that stood behind it last. */
  follower: Remembered | undefined;
}

/**
 * Labels that were seen before. A sender of 1.0 writes all labels of a series into every request, in the same bytes and mostly in the
 * same order, and to read, check and write them anew is half of what a sample costs before it gets to the store.
 */
export class LabelSets {
  /** By their bytes, one character each. */
  readonly #byText = new Map<string, Remembered>();
  #last: Remembered | undefined;
  #byteLength = 0;
  #forgetAtMs = 0;

  /** A request's series follow. */
  begin(nowMs: number): void {
    this.#last = undefined;
    if (nowMs < this.#forgetAtMs) return;
    this.#byText.clear();
    this.#byteLength = 0;
    this.#forgetAtMs = nowMs + FORGET_AFTER_MS;
  }

  /**
   * The set that followed the last one before, if its labels are all that stand here with this tag, up to `end` at most; the reader
   * is moved behind them.
   */
  takeExpected(reader: Reader, tag: number, end: number): LabelSet | undefined {
    const expected = this.#last?.follower;
    if (expected?.bytes.standAt(reader.dataView, reader.position) !== true) return undefined;
    const after = reader.position + expected.bytes.byteLength;
    if (after > end || (after < end && reader.bytes[after] === tag)) return undefined;
    reader.position = after;
    return (this.#last = expected);
  }

  find(bytes: Buffer, start: number, end: number): LabelSet | undefined {
    const found = this.#byText.get(textOf(bytes, start, end));
    if (found !== undefined) this.#follow(found);
    return found;
  }

  add(bytes: Buffer, start: number, end: number, { name, attributes }: LabelSet): LabelSet {
    const set = { bytes: new KnownBytes(bytes.subarray(start, end)), name, attributes, follower: undefined };
    this.#byText.set(textOf(bytes, start, end), set);
    this.#byteLength += end - start + attributes.length;
    this.#follow(set);
    return set;
  }

  get hasRoom(): boolean {
    return this.#byText.size < MAX_LABEL_SETS && this.#byteLength < MAX_BYTES;
  }

  #follow(set: Remembered): void {
    if (this.#last !== undefined) this.#last.follower = set;
    this.#last = set;
  }
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}
