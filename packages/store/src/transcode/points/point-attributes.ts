import type { Reader } from "@clew/otlp";
import type { SeriesOfMetric } from "../known-series.ts";
import type { Ranges } from "../walk-records.ts";

/**
 * The attributes of the point that is being read. Most often they are those of the series whose point is expected, in the
 * same bytes: these are compared at once and passed over, and nothing is noted of them. One of these serves all points of a table.
 */
export class PointAttributes {
  #series: SeriesOfMetric | undefined;
  #ranges: number[] = [];
  #areExpected = false;
  /** Of those that were expected: where the first one's content starts and ends, and the last one's ends. */
  #start = 0;
  #firstEnd = 0;
  #end = 0;

  /** A point of the metric follows. */
  begin(series: SeriesOfMetric): this {
    this.#series = series;
    this.#areExpected = false;
    if (this.#ranges.length > 0) this.#ranges = [];
    return this;
  }

  /** Takes the attribute whose tag was read, and perhaps those behind it; `end` is the point's. */
  take(reader: Reader, end: number): void {
    const fieldEnd = reader.lengthEnd();
    if (this.#ranges.length === 0 && !this.#areExpected && this.#takeExpected(reader, fieldEnd, end)) return;
    if (this.#areExpected) this.#note(reader);
    this.#ranges.push(reader.position, fieldEnd);
    reader.position = fieldEnd;
  }

  /** Whether there are some, and they are those of `SeriesOfMetric.expected`. */
  get areExpected(): boolean {
    return this.#areExpected;
  }

  /** Where each stands. */
  ranges(reader: Reader): Ranges {
    if (this.#areExpected) this.#note(reader);
    return this.#ranges;
  }

  #takeExpected(reader: Reader, fieldEnd: number, end: number): boolean {
    const start = reader.position;
    const piecesEnd = this.#series?.expected?.attributesEnd(reader, start, fieldEnd) ?? -1;
    if (piecesEnd < 0 || piecesEnd > end) return false;
    this.#areExpected = true;
    this.#start = start;
    this.#firstEnd = fieldEnd;
    this.#end = piecesEnd;
    reader.position = piecesEnd;
    return true;
  }

  #note(reader: Reader): void {
    const { position } = reader;
    this.#areExpected = false;
    this.#ranges.push(this.#start, this.#firstEnd);
    reader.position = this.#firstEnd;
    while (reader.position < this.#end) {
      reader.position++;
      const fieldEnd = reader.lengthEnd();
      this.#ranges.push(reader.position, fieldEnd);
      reader.position = fieldEnd;
    }
    reader.position = position;
  }
}
