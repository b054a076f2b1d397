/** Reads a `Histogram` of remote write, which is alike in both of its messages, and checks it as Prometheus does. */
import type { Reader } from "@clew/otlp";
import { CUSTOM_BUCKETS_SCHEMA } from "@clew/query";
import { checkEnd } from "./write-request.ts";

export interface HistogramSample {
  readonly timestampMs: number;
  /** 0 where it was not told. */
  readonly startMs: number;
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  /** The sum's eight bytes are the stale marker's. */
  readonly isStale: boolean;
  readonly isGauge: boolean;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Upper bounds, with `CUSTOM_BUCKETS_SCHEMA`. */
  readonly customBounds: readonly number[];
}

/** Counts side by side, the first of which belongs to Prometheus's bucket `first`. */
export interface Buckets {
  readonly first: number;
  readonly counts: readonly number[];
}

/** A histogram that says something impossible. The text is Prometheus's. */
export class HistogramError extends Error {}

interface Side {
  readonly spans: { offset: number; length: number }[];
  readonly deltas: number[];
  readonly counts: number[];
}

/** Buckets that hold something, by ascending index. */
interface SparseBuckets {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

const LEAST_SCHEMA = -4;
const GREATEST_SCHEMA = 52;
/** Between the lowest and the highest bucket of a side. Wider histograms are made coarser. */
const MAX_BUCKETS = 65_536;
/** In one span; protects from lengths that are only claimed. */
const MAX_SPAN = 0xffff_ffff;
const GAUGE = 3;
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;

/** Throws `HistogramError`, and what the reader throws. */
export function readHistogram(reader: Reader, end: number): HistogramSample {
  const positive: Side = { spans: [], deltas: [], counts: [] };
  const negative: Side = { spans: [], deltas: [], counts: [] };
  const customBounds: number[] = [];
  let [count, sum, schema, zeroThreshold, zeroCount, hint, timestampMs, startMs] = [0, 0, 0, 0, 0, 0, 0, 0];
  let isStale = false;
  let isFloat = false;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 8) [count, isFloat] = [reader.varint(), false];
    else if (tag === 17) [count, isFloat] = [reader.double(), true];
    else if (tag === 25) {
      isStale = isStaleMarker(reader);
      sum = reader.double();
    } else if (tag === 32) schema = reader.sint32();
    else if (tag === 41) zeroThreshold = reader.double();
    else if (tag === 48) zeroCount = reader.varint();
    else if (tag === 57) zeroCount = reader.double();
    else if (tag === 66) negative.spans.push(readSpan(reader));
    else if (tag >>> 3 === 9) readList(reader, tag, 0, zigzag, negative.deltas);
    else if (tag >>> 3 === 10) readList(reader, tag, 1, double, negative.counts);
    else if (tag === 90) positive.spans.push(readSpan(reader));
    else if (tag >>> 3 === 12) readList(reader, tag, 0, zigzag, positive.deltas);
    else if (tag >>> 3 === 13) readList(reader, tag, 1, double, positive.counts);
    else if (tag === 112) hint = reader.int32();
    else if (tag === 120) timestampMs = Number(reader.int64());
    else if (tag >>> 3 === 16) readList(reader, tag, 1, double, customBounds);
    else if (tag === 136) startMs = Number(reader.int64());
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  checkSchema(schema, customBounds);
  const sides = { positive: bucketsOf(positive, isFloat), negative: bucketsOf(negative, isFloat) };
  if (!isFloat && !isStale) checkCount(count, zeroCount, sum, sides);
  const head = { timestampMs, startMs, count, sum, isStale, isGauge: hint === GAUGE, zeroThreshold, zeroCount };
  return { ...head, ...denseSides(sides, schema, customBounds.length), customBounds };
}

/** Whether the double that is next is the one that stands for the end of a series. */
function isStaleMarker({ bytes, position }: Reader): boolean {
  return (
    position + 8 <= bytes.length &&
    bytes.readUInt32LE(position) === STALE_LOW &&
    bytes.readUInt32LE(position + 4) === STALE_HIGH
  );
}

function readSpan(reader: Reader): { offset: number; length: number } {
  const end = reader.lengthEnd();
  const span = { offset: 0, length: 0 };
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 8) span.offset = reader.sint32();
    else if (tag === 16) span.length = Math.min(reader.varint(), MAX_SPAN);
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  return span;
}

/** A repeated number, packed or one at a time. */
function readList(
  reader: Reader,
  tag: number,
  wireType: number,
  read: (reader: Reader) => number,
  list: number[],
): void {
  if ((tag & 7) === wireType) list.push(read(reader));
  else if ((tag & 7) !== 2) reader.skip(tag);
  else {
    const end = reader.lengthEnd();
    while (reader.position < end) list.push(read(reader));
    checkEnd(reader, end);
  }
}

function double(reader: Reader): number {
  return reader.double();
}

function zigzag(reader: Reader): number {
  const value = reader.varint();
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function checkSchema(schema: number, bounds: readonly number[]): void {
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const i = bounds.findIndex((bound, index) => !(bound > (bounds[index - 1] ?? -Infinity)) || bound === Infinity);
    if (i >= 0)
      throw new HistogramError(
        `previous bound is ${bounds[i - 1] ?? "none"} and current is ${bounds[i]}: histogram custom bounds must be in strictly increasing order`,
      );
  } else if (schema < LEAST_SCHEMA || schema > GREATEST_SCHEMA) {
    throw new HistogramError(
      `histogram has an invalid schema, which must be between -4 and 52 for exponential buckets, or -53 for custom buckets, got schema ${schema}`,
    );
  }
}

function bucketsOf({ spans, deltas, counts }: Side, isFloat: boolean): SparseBuckets {
  const given = isFloat ? counts : totals(deltas);
  const length = spans.reduce((sum, span) => sum + span.length, 0);
  if (length !== given.length)
    throw new HistogramError(
      `spans need ${length} buckets, have ${given.length} buckets: histogram spans specify different number of buckets than provided`,
    );
  const indexes: number[] = [];
  let next = 0;
  for (const [i, span] of spans.entries()) {
    if (i > 0 && span.offset < 0)
      throw new HistogramError(
        `span number ${i + 1} with offset ${span.offset}: histogram has a span whose offset is negative`,
      );
    next += span.offset;
    for (let j = 0; j < span.length; j++) indexes.push(next++);
  }
  const wrong = given.findIndex((count) => count < 0);
  if (wrong >= 0)
    throw new HistogramError(
      `bucket number ${wrong + 1} has observation count of ${given[wrong]}: histogram has a bucket whose observation count is negative`,
    );
  return { indexes, counts: given };
}

function totals(deltas: readonly number[]): number[] {
  let total = 0;
  return deltas.map((delta) => (total += delta));
}

type Sides = Readonly<Record<"positive" | "negative", SparseBuckets>>;

/** Values that are no number are counted, but in no bucket. */
function checkCount(count: number, zeroCount: number, sum: number, { positive, negative }: Sides): void {
  const found = [...positive.counts, ...negative.counts].reduce((total, one) => total + one, zeroCount);
  const fault = `${found} observations found in buckets, but the Count field is ${count}: histogram's observation count should`;
  if (Number.isNaN(sum) && found > count)
    throw new HistogramError(`${fault} be at least the number of observations found in the buckets`);
  if (!Number.isNaN(sum) && found !== count)
    throw new HistogramError(`${fault} equal the number of observations found in the buckets (in absence of NaN)`);
}

function denseSides(
  { positive, negative }: Sides,
  schema: number,
  boundCount: number,
): { readonly schema: number; readonly positive: Buckets; readonly negative: Buckets } {
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const last = positive.indexes.at(-1) ?? 0;
    if ((positive.indexes[0] ?? 0) < 0 || last > boundCount || negative.indexes.length > 0)
      throw new HistogramError(
        `only ${boundCount} custom bounds defined which is insufficient to cover total span length of ${last + 1}: histogram custom bounds are too few`,
      );
    const counts = dense(positive, 0, boundCount + 1);
    return { schema, positive: { first: 0, counts }, negative: { first: 0, counts: [] } };
  }
  let shift = 0;
  while (Math.max(widthOf(positive, shift), widthOf(negative, shift)) > MAX_BUCKETS && schema - shift > LEAST_SCHEMA)
    shift++;
  return { schema: schema - shift, positive: denseBuckets(positive, shift), negative: denseBuckets(negative, shift) };
}

function widthOf({ indexes }: SparseBuckets, shift: number): number {
  if (indexes.length === 0) return 0;
  return coarseIndex(indexes.at(-1)!, shift) - coarseIndex(indexes[0]!, shift) + 1;
}

/** `2^shift` neighbours become one bucket. Buckets are numbered by their upper bounds. */
function coarseIndex(index: number, shift: number): number {
  return Math.ceil(index / 2 ** shift);
}

function denseBuckets(buckets: SparseBuckets, shift: number): Buckets {
  const width = widthOf(buckets, shift);
  if (width > MAX_BUCKETS) throw new HistogramError(`histogram has buckets that lie ${width} apart`);
  const first = width === 0 ? 0 : coarseIndex(buckets.indexes[0]!, shift);
  return { first, counts: dense(buckets, first, width, shift) };
}

function dense({ indexes, counts }: SparseBuckets, first: number, width: number, shift = 0): number[] {
  const all = Array.from({ length: width }, () => 0);
  for (const [i, index] of indexes.entries()) {
    const at = coarseIndex(index, shift) - first;
    all[at] = (all[at] ?? 0) + counts[i]!;
  }
  return all;
}
