import type { Reader } from "@clew/otlp";
import type { FixedColumn } from "../block/columns.ts";
import type { Ranges } from "./walk-records.ts";

/** A series that was seen before. Its numbers are kept as 32-bit words, which are small integers and cost nothing to write. */
export class KnownSeries {
  readonly #locality: readonly [low: number, high: number];
  readonly #fingerprint: readonly [low: number, high: number];
  /** The attributes' bytes, one character each. */
  readonly text: string;
  /** Since the epoch, when its row was written last. */
  day: number;
  /** The series whose point stood behind its last one. */
  follower: KnownSeries | undefined;

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
 * The series of one metric of one process. Senders keep the order of their points, so the series that followed the one before
 * in the last export is looked at first, byte by byte: that is a fifth of what a map costs, which needs a text. It is
 * found also where a sender divides its series into several exports, as Prometheus does.
 */
export class SeriesOfMetric {
  readonly #byText = new Map<string, KnownSeries>();
  #first: KnownSeries | undefined;
  #last: KnownSeries | undefined;

  /** An export's points of the metric follow. */
  begin(): void {
    this.#last = undefined;
  }

  /** The series with these attributes. */
  find(reader: Reader, attributes: Ranges): KnownSeries | undefined {
    const expected = this.#last === undefined ? this.#first : this.#last.follower;
    if (expected !== undefined && isText(expected.text, reader.bytes, attributes)) return (this.#last = expected);
    const known = this.#byText.get(textOf(reader, attributes));
    if (known !== undefined) this.#follow(known);
    return known;
  }

  #follow(series: KnownSeries): void {
    if (this.#last === undefined) this.#first = series;
    else this.#last.follower = series;
    this.#last = series;
  }

  add(series: KnownSeries): void {
    this.#byText.set(series.text, series);
    this.#follow(series);
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
