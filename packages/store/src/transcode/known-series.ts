import type { Reader } from "@clew/otlp";
import type { FixedColumn } from "../block/columns.ts";
import type { Ranges } from "./walk-records.ts";

/** So many points of a metric in one export are expected in the order of the last one. */
const MAX_IN_ORDER = 10_000;

/** A series that was seen before. Its numbers are kept as 32-bit words, which are small integers and cost nothing to write. */
export class KnownSeries {
  readonly #locality: readonly [low: number, high: number];
  readonly #fingerprint: readonly [low: number, high: number];
  /** The attributes' bytes, one character each. */
  readonly text: string;
  /** Since the epoch, when its row was written last. */
  day: number;

  /** `locality`: where its points stand among others, by metric and then by resource. */
  constructor(locality: bigint, fingerprint: bigint, text: string, day: number) {
    this.#locality = wordsOf(locality);
    this.#fingerprint = wordsOf(fingerprint);
    this.text = text;
    this.day = day;
  }

  /** Adds its numbers to two columns of eight bytes. */
  put(locality: FixedColumn, fingerprint: FixedColumn): void {
    locality.values.u32(this.#locality[0]);
    locality.values.u32(this.#locality[1]);
    fingerprint.values.u32(this.#fingerprint[0]);
    fingerprint.values.u32(this.#fingerprint[1]);
  }
}

/**
 * The series of one metric of one process. Senders keep the order of their points, so the one that stood at a place in the last export is
 * looked at first, byte by byte: that is a fifth of what a map costs, which needs a text.
 */
export class SeriesOfMetric {
  readonly #byText = new Map<string, KnownSeries>();
  readonly #inOrder: KnownSeries[] = [];
  #next = 0;

  /** An export's points of the metric follow. */
  begin(): void {
    this.#next = 0;
  }

  /** The series with these attributes. */
  find(reader: Reader, attributes: Ranges): KnownSeries | undefined {
    const place = this.#next++;
    const expected = this.#inOrder[place];
    if (expected !== undefined && isText(expected.text, reader.bytes, attributes)) return expected;
    const known = this.#byText.get(textOf(reader, attributes));
    if (known !== undefined && place < MAX_IN_ORDER) this.#inOrder[place] = known;
    return known;
  }

  add(series: KnownSeries): void {
    this.#byText.set(series.text, series);
  }
}

/** Bytes as one character each, fit for a key of a Map. */
export function textOf(reader: Reader, ranges: Ranges): string {
  let text = "";
  for (let i = 0; i < ranges.length; i += 2) text += `${reader.bytes.toString("latin1", ranges[i], ranges[i + 1])}\n`;
  return text;
}

/** Whether `textOf` of these bytes is `text`. */
function isText(text: string, bytes: Uint8Array, ranges: Ranges): boolean {
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const end = ranges[i + 1]!;
    if (at + end - ranges[i]! >= text.length) return false;
    for (let position = ranges[i]!; position < end; position++)
      if (text.charCodeAt(at++) !== bytes[position]) return false;
    if (text.charCodeAt(at++) !== 0x0a) return false;
  }
  return at === text.length;
}

function wordsOf(value: bigint): readonly [number, number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
