import { KnownBytes, type Reader, varintSize } from "@clew/otlp";
import type { FixedColumn } from "../block/columns.ts";
import type { Ranges } from "./walk-records.ts";

/**
 * Attributes of a point as they were sent, to look for a series by. Where only tags and lengths stand between them, as all senders have it, their bytes
 * from the first to the last, one character each, and how long the first is: what lies between tells the others.
 */
export class AttributesText {
  readonly text: string;
  readonly firstLength: number;

  constructor(reader: Reader, ranges: Ranges) {
    const isOnePiece = areNeighbours(ranges);
    this.text = isOnePiece ? reader.bytes.toString("latin1", ranges[0], ranges.at(-1)) : textOf(reader, ranges);
    this.firstLength = isOnePiece ? ranges[1]! - ranges[0]! : NOT_ONE_PIECE;
  }

  get isOnePiece(): boolean {
    return this.firstLength !== NOT_ONE_PIECE;
  }

  equals(other: AttributesText): boolean {
    return this.firstLength === other.firstLength && this.text === other.text;
  }
}

const NOT_ONE_PIECE = -1;

function areNeighbours(ranges: Ranges): boolean {
  for (let i = 2; i < ranges.length; i += 2) {
    const length = ranges[i + 1]! - ranges[i]!;
    if (ranges[i]! - ranges[i - 1]! !== 1 + varintSize(length)) return false;
  }
  return ranges.length > 0;
}

/** A series that was seen before. Its numbers are kept as 32-bit words, which are small integers and cost nothing to write. */
export class KnownSeries {
  readonly #locality: readonly [low: number, high: number];
  readonly #fingerprint: readonly [low: number, high: number];
  readonly attributes: AttributesText;
  /** Undefined where something stands between its attributes. */
  readonly #piece: KnownBytes | undefined;
  /** Since the epoch, when its row was written last. */
  day: number;
  /** The series whose point stood behind its last one. */
  follower: KnownSeries | undefined;
  /** Another whose attributes have the same bytes, in other parts. */
  sameBytes: KnownSeries | undefined;

  /** `locality`: where its points stand among others, by metric and then by resource. */
  constructor(locality: bigint, fingerprint: bigint, attributes: AttributesText, day: number) {
    this.#locality = wordsOf(locality);
    this.#fingerprint = wordsOf(fingerprint);
    this.attributes = attributes;
    if (attributes.isOnePiece) this.#piece = new KnownBytes(Buffer.from(attributes.text, "latin1"));
    this.day = day;
  }

  /**
   * Where its attributes end if they are what stands here, from the first one's content, which ends at `firstEnd`, to the last;
   * -1 if they are not. They were one piece when they were read, so the same bytes are the same attributes.
   */
  attributesEnd(reader: Reader, start: number, firstEnd: number): number {
    const piece = this.#piece;
    if (piece === undefined || firstEnd - start !== this.attributes.firstLength) return -1;
    return piece.standAt(reader.dataView, start) ? start + piece.byteLength : -1;
  }

  /** Adds its numbers to two columns of eight bytes. */
  put(locality: FixedColumn, fingerprint: FixedColumn): void {
    locality.values.words(this.#locality[0], this.#locality[1]);
    fingerprint.values.words(this.#fingerprint[0], this.#fingerprint[1]);
  }
}

/**
 * The series of one metric of one process. Senders keep the order of their points, so the series that followed the one before
 * in the last export is looked at first: the map's hash of a text costs several times as much. It is found also where a
 * sender divides its series into several exports, as Prometheus does.
 */
export class SeriesOfMetric {
  readonly #byText = new Map<string, KnownSeries>();
  #first: KnownSeries | undefined;
  #last: KnownSeries | undefined;

  /** An export's points of the metric follow. */
  begin(): void {
    this.#last = undefined;
  }

  /** The series whose point most likely comes next. */
  get expected(): KnownSeries | undefined {
    return this.#last === undefined ? this.#first : this.#last.follower;
  }

  /** The point that came next was of `expected`, and there is one. */
  takeExpected(): KnownSeries {
    return (this.#last = this.expected!);
  }

  /** The series with these attributes. */
  find(attributes: AttributesText): KnownSeries | undefined {
    const { expected } = this;
    if (expected?.attributes.equals(attributes) === true) return (this.#last = expected);
    let known = this.#byText.get(attributes.text);
    while (known !== undefined && !known.attributes.equals(attributes)) known = known.sameBytes;
    if (known !== undefined) this.#follow(known);
    return known;
  }

  #follow(series: KnownSeries): void {
    if (this.#last === undefined) this.#first = series;
    else this.#last.follower = series;
    this.#last = series;
  }

  add(series: KnownSeries): void {
    series.sameBytes = this.#byText.get(series.attributes.text);
    this.#byText.set(series.attributes.text, series);
    this.#follow(series);
  }
}

/** Bytes as one character each, fit for a key of a Map. */
export function textOf(reader: Reader, ranges: Ranges): string {
  let text = "";
  for (let i = 0; i < ranges.length; i += 2) text += `${reader.bytes.toString("latin1", ranges[i], ranges[i + 1])}\n`;
  return text;
}

function wordsOf(value: bigint): readonly [number, number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
