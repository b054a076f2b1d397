/** Writes samples, histograms and exemplars of Prometheus as OTLP's data points (docs/adr/0018-prometheus-series-in-otlp.md). */
import { LENGTH_DELIMITED, nanosParts, putLittleWord, putVarint, type Reader, varintSize, Writer } from "@clew/otlp";
import { PROMETHEUS_POINT_FLAGS } from "@clew/otlp/prometheus";
import { CUSTOM_BUCKETS_SCHEMA } from "@clew/query";
import type { Buckets, HistogramSample } from "./histogram-message.ts";
import { isMetricName, textOf } from "./series-labels.ts";
import type { LabelRanges, RequestExemplar } from "./request-series.ts";
import { checkEnd } from "./write-request.ts";

const NO_RECORDED_VALUE = 1;
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;
const DATA_POINTS = 1;
/** Where a gauge's points have their attributes. */
const NUMBER_ATTRIBUTES = 7;

/** Of a number's point: the tags of `time_unix_nano` and `as_double`, and what either takes with its eight bytes. */
const TIME_TAG = 25;
const DOUBLE_TAG = 33;
const TAGGED_EIGHT = 9;

/** Of an attribute or a point: its tag and length. */
const MAX_HEAD = 6;
/** About what one takes. */
const ATTRIBUTE_BYTES = 48;
const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;

/** A `Sample` as it stands in the request. */
export interface SampleFields {
  readonly timestampMs: number;
  readonly startMs: number;
  /** The value's eight bytes as two words. */
  readonly low: number;
  readonly high: number;
}

/** All samples of a request are read through one such object. */
export class SampleView implements SampleFields {
  timestampMs = 0;
  startMs = 0;
  low = 0;
  high = 0;

  read(reader: Reader, end: number): void {
    this.timestampMs = this.startMs = this.low = this.high = 0;
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === 9) {
        this.low = reader.fixed32();
        this.high = reader.fixed32();
      } else if (tag === 16) this.timestampMs = signed(reader);
      else if (tag === 24) this.startMs = signed(reader);
      else reader.skip(tag);
    }
    checkEnd(reader, end);
  }
}

/** An `int64` of milliseconds; what is negative comes as a number beyond all times, and is found to be so by its size. */
function signed(reader: Reader): number {
  const value = reader.varint();
  return value <= Number.MAX_SAFE_INTEGER ? value : value - 2 ** 64;
}

export class PointWriter {
  readonly #writer: Writer;
  readonly #bytes: Buffer;
  #count = 0;
  /** The time of the last plain number, and what it is in nanoseconds, as two words. */
  #timeMs = -1;
  #timeLow = 0;
  #timeHigh = 0;

  /** `bytes` is the request that labels stand in. */
  constructor(writer: Writer, bytes: Buffer) {
    this.#writer = writer;
    this.#bytes = bytes;
  }

  /** How many points were written. */
  get count(): number {
    return this.#count;
  }

  /** `labels` may be what `numberAttributes` made of them. */
  number(labels: LabelRanges | Uint8Array, sample: SampleFields, exemplars: readonly RequestExemplar[]): void {
    const { low, high } = sample;
    const isStale = low === STALE_LOW && high === STALE_HIGH;
    this.#count++;
    if (labels instanceof Uint8Array && !isStale && sample.startMs <= 0 && exemplars.length === 0)
      return this.#plainNumber(labels, sample);
    const point = this.#writer.beginLong(DATA_POINTS);
    this.#times(sample.timestampMs, sample.startMs);
    if (isStale) this.#writer.uint(8, NO_RECORDED_VALUE);
    else this.#writer.fixed64Parts(4, low, high);
    for (const exemplar of exemplars) this.#exemplar(exemplar);
    this.#numberAttributes(labels);
    this.#writer.endLong(point);
  }

  /** The same for nearly all of them: how long it is to be is known before. */
  #plainNumber(attributes: Uint8Array, { timestampMs, low, high }: SampleFields): void {
    if (timestampMs !== this.#timeMs) this.#rememberTime(timestampMs);
    const length = 2 * TAGGED_EIGHT + attributes.length;
    const room = this.#writer.room(MAX_HEAD + length);
    let position = this.#writer.position;
    room[position++] = (DATA_POINTS << 3) | LENGTH_DELIMITED;
    position = putVarint(room, position, length);
    room[position++] = TIME_TAG;
    position = putLittleWord(room, position, this.#timeLow);
    position = putLittleWord(room, position, this.#timeHigh);
    room[position++] = DOUBLE_TAG;
    position = putLittleWord(room, position, low);
    position = putLittleWord(room, position, high);
    room.set(attributes, position);
    this.#writer.position = position + attributes.length;
  }

  /** Samples of one scrape have one. */
  #rememberTime(timeMs: number): void {
    const { low, high } = partsOf(timeMs);
    this.#timeMs = timeMs;
    this.#timeLow = low;
    this.#timeHigh = high;
  }

  /** Exemplars whose series brings no sample. */
  exemplarsOnly(labels: LabelRanges | Uint8Array, exemplars: readonly RequestExemplar[]): void {
    this.#count++;
    const point = this.#writer.begin(DATA_POINTS);
    this.#times(exemplars[0]?.timestampMs ?? 0, 0);
    this.#writer.uint(8, PROMETHEUS_POINT_FLAGS.exemplarsOnly);
    for (const exemplar of exemplars) this.#exemplar(exemplar);
    this.#numberAttributes(labels);
    this.#writer.end(point);
  }

  histogram(labels: LabelRanges, sample: HistogramSample): void {
    this.#count++;
    const point = this.#writer.begin(DATA_POINTS);
    this.#times(sample.timestampMs, sample.startMs);
    this.#writer.uint(10, flagsOf(sample));
    if (!sample.isStale) this.#histogramFields(sample);
    this.attributes(sample.schema === CUSTOM_BUCKETS_SCHEMA ? 9 : 1, labels);
    this.#writer.end(point);
  }

  #histogramFields(sample: HistogramSample): void {
    const writer = this.#writer;
    const bitsOf = hasFractions(sample) ? bitsOfDouble : BigInt;
    writer.fixed64(4, bitsOf(sample.count));
    writer.double(5, sample.sum);
    if (sample.schema === CUSTOM_BUCKETS_SCHEMA) {
      const counts = writer.begin(6);
      for (const count of sample.positive.counts) writer.rawFixed64(bitsOf(count));
      writer.end(counts);
      const bounds = writer.begin(7);
      for (const bound of sample.customBounds) writer.rawDouble(bound);
      writer.end(bounds);
      return;
    }
    writer.sint32(6, sample.schema);
    writer.fixed64(7, bitsOf(sample.zeroCount));
    this.#buckets(8, sample.positive, bitsOf);
    this.#buckets(9, sample.negative, bitsOf);
    writer.double(14, sample.zeroThreshold);
  }

  #buckets(field: number, { first, counts }: Buckets, bitsOf: (count: number) => bigint): void {
    if (counts.length === 0) return;
    const writer = this.#writer;
    const buckets = writer.begin(field);
    // OTLP's bucket i begins where Prometheus's ends.
    writer.sint32(1, first - 1);
    const list = writer.begin(2);
    for (const count of counts) writer.varint64(bitsOf(count));
    writer.end(list);
    writer.end(buckets);
  }

  #times(timestampMs: number, startMs: number): void {
    if (startMs > 0) this.#time(2, startMs);
    this.#time(3, timestampMs);
  }

  #time(field: number, timeMs: number): void {
    const { low, high } = partsOf(timeMs);
    this.#writer.fixed64Parts(field, low, high);
  }

  #exemplar({ labels, value, timestampMs }: RequestExemplar): void {
    const writer = this.#writer;
    const exemplar = writer.begin(5);
    this.#time(2, timestampMs);
    writer.double(3, value);
    for (let i = 0; i < labels.length; i += 4) {
      const name = textOf(this.#bytes, labels, i);
      const text = textOf(this.#bytes, labels, i + 2);
      if (name === "trace_id" && TRACE_ID.test(text)) writer.bytes(5, Buffer.from(text, "hex"));
      else if (name === "span_id" && SPAN_ID.test(text)) writer.bytes(4, Buffer.from(text, "hex"));
      else this.#attribute(7, labels, i);
    }
    writer.end(exemplar);
  }

  #numberAttributes(labels: LabelRanges | Uint8Array): void {
    if (labels instanceof Uint8Array) this.#writer.raw(labels);
    else this.attributes(NUMBER_ATTRIBUTES, labels);
  }

  /** All labels but the metric's name. Empty ones are none. */
  attributes(field: number, labels: LabelRanges): void {
    for (let i = 0; i < labels.length; i += 4)
      if (labels[i + 2] !== labels[i + 3] && !isMetricName(this.#bytes, labels, i)) this.#attribute(field, labels, i);
  }

  /** A `KeyValue` whose value is a text, copied byte for byte; most of what is written are these. */
  #attribute(field: number, labels: LabelRanges, at: number): void {
    const nameStart = labels[at]!;
    const nameLength = labels[at + 1]! - nameStart;
    const textStart = labels[at + 2]!;
    const textLength = labels[at + 3]! - textStart;
    const valueLength = 1 + varintSize(textLength) + textLength;
    const length = 2 + varintSize(nameLength) + nameLength + varintSize(valueLength) + valueLength;
    const room = this.#writer.room(length + MAX_HEAD);
    let position = this.#writer.position;
    room[position++] = (field << 3) | LENGTH_DELIMITED;
    position = putVarint(room, position, length);
    room[position++] = (1 << 3) | LENGTH_DELIMITED;
    position = putBytes(room, putVarint(room, position, nameLength), this.#bytes, nameStart, nameLength);
    room[position++] = (2 << 3) | LENGTH_DELIMITED;
    position = putVarint(room, position, valueLength);
    room[position++] = (1 << 3) | LENGTH_DELIMITED;
    this.#writer.position = putBytes(room, putVarint(room, position, textLength), this.#bytes, textStart, textLength);
  }
}

/** A series' labels as a number's point has them, for `PointWriter`. */
export function numberAttributes(bytes: Buffer, labels: LabelRanges): Uint8Array {
  const writer = new Writer((labels.length / 4) * ATTRIBUTE_BYTES);
  new PointWriter(writer, bytes).attributes(NUMBER_ATTRIBUTES, labels);
  // Of the pool: there are many, and they are small.
  return Buffer.from(writer.view());
}

/** Nanoseconds since the epoch, as two words. */
function partsOf(timeMs: number): { low: number; high: number } {
  const seconds = Math.floor(timeMs / 1_000);
  return nanosParts(seconds, (timeMs - seconds * 1_000) * 1_000_000);
}

function putBytes(room: Uint8Array, position: number, bytes: Uint8Array, start: number, length: number): number {
  for (let i = 0; i < length; i++) room[position + i] = bytes[start + i]!;
  return position + length;
}

function flagsOf(sample: HistogramSample): number {
  return (
    (sample.isStale ? NO_RECORDED_VALUE : hasFractions(sample) ? PROMETHEUS_POINT_FLAGS.floatCounts : 0) |
    (sample.isGauge ? PROMETHEUS_POINT_FLAGS.gaugeHistogram : 0)
  );
}

/** Whether its counts are no whole numbers, which is what OTLP counts in. */
function hasFractions({ count, zeroCount, positive, negative }: HistogramSample): boolean {
  const isWhole = (one: number): boolean => Number.isSafeInteger(one) && one >= 0;
  return !(isWhole(count) && isWhole(zeroCount) && positive.counts.every(isWhole) && negative.counts.every(isWhole));
}

function bitsOfDouble(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}
