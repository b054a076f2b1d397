/** Writes the series of a range query as JSON into bytes: their points are the bulk of an answer. */
import type { MatrixSeries } from "@clew/query";
import { floatText, histogramText, labelsText, timeText } from "./json-values.ts";

/** About this much goes into one piece. */
const PIECE_BYTES = 262_144;
/** A point takes less: two numbers of at most 24 characters each, and what is around them. */
const MOST_POINT_BYTES = 64;
/** Up to here digits come of integer arithmetic. */
const MOST_SMALL = 2 ** 31;
const [ZERO, QUOTE, COMMA, OPEN, CLOSE] = [48, 34, 44, 91, 93];

/** The list of series, brackets included, in pieces. */
export function* matrixPieces(series: readonly MatrixSeries[]): Generator<Uint8Array> {
  const writer = new MatrixWriter();
  writer.text("[");
  for (const [i, one] of series.entries()) {
    if (i > 0) writer.text(",");
    writer.series(one);
    if (writer.length >= PIECE_BYTES) yield writer.take();
  }
  writer.text("]");
  yield writer.take();
}

class MatrixWriter {
  #bytes: Buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafe(PIECE_BYTES);
    this.#at = 0;
    return piece;
  }

  series({ labels, timestampsMs, values, histograms }: MatrixSeries): void {
    this.text(`{"metric":${labelsText(labels)}`);
    const isFloat = (i: number): boolean => histograms?.[i] === undefined;
    if (histograms === undefined ? values.length > 0 : values.some((_value, i) => isFloat(i))) {
      this.text(',"values":[');
      this.#floats(timestampsMs, values, histograms === undefined ? undefined : isFloat);
      this.text("]");
    }
    if (histograms?.some((one) => one !== undefined) === true) {
      const points = histograms.flatMap((histogram, i) =>
        histogram === undefined ? [] : [`[${timeText(timestampsMs[i] ?? NaN)},${histogramText(histogram)}]`],
      );
      this.text(`,"histograms":[${points.join(",")}]`);
    }
    this.text("}");
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#at += this.#bytes.write(text, this.#at, "utf8");
  }

  #floats(times: Float64Array, values: Float64Array, isFloat: ((i: number) => boolean) | undefined): void {
    this.#reserve(values.length * MOST_POINT_BYTES);
    let isFirst = true;
    for (let i = 0; i < values.length; i++) {
      if (isFloat?.(i) === false) continue;
      if (!isFirst) this.#bytes[this.#at++] = COMMA;
      isFirst = false;
      this.#bytes[this.#at++] = OPEN;
      this.#time(times[i]!);
      this.#bytes[this.#at++] = COMMA;
      this.#bytes[this.#at++] = QUOTE;
      this.#float(values[i]!);
      this.#bytes[this.#at++] = QUOTE;
      this.#bytes[this.#at++] = CLOSE;
    }
  }

  #time(timeMs: number): void {
    const seconds = timeMs / 1000;
    if (isSmall(seconds)) this.#digits(seconds);
    else this.#latin(timeText(timeMs));
  }

  #float(value: number): void {
    if (isSmall(value)) this.#digits(value);
    else this.#latin(floatText(value));
  }

  #latin(text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
  }

  #digits(value: number): void {
    let end = this.#at + 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
    this.#at = end;
    let rest = value | 0;
    do {
      const next = (rest / 10) | 0;
      this.#bytes[--end] = ZERO + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** A whole number from 0 on, though not -0, that integer arithmetic can take apart. */
function isSmall(value: number): boolean {
  return value >= 0 && value < MOST_SMALL && (value | 0) === value && !Object.is(value, -0);
}
