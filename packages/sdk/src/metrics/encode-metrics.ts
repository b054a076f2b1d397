/** Writes collected metrics as OTLP's `Metric` (opentelemetry/proto/metrics/v1). */
import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api";
import { LENGTH_DELIMITED, nanosParts, putLittleWord, putVarint, Writer } from "@clew/otlp";
import { copyValue, writeKeyValue } from "../common/any-value.ts";
import { writeTime } from "../common/hr-time.ts";
import type { EncodeItem, Scoped } from "../otlp/encoded-batch.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import {
  AggregationTemporality,
  DataPointType,
  type Exemplar,
  type ExponentialHistogram,
  type ExponentialHistogramBuckets,
  type Histogram,
  type MetricData,
} from "./metric-data.ts";
import type { CollectedMetric } from "./metric-sink.ts";
import { Series } from "./series.ts";

const OTLP_DELTA = 1;
const OTLP_CUMULATIVE = 2;
// The field of `attributes` differs between the kinds of data points.
const NUMBER_ATTRIBUTES = 7;
const HISTOGRAM_ATTRIBUTES = 9;
const EXPONENTIAL_ATTRIBUTES = 1;

const TWO_32 = 2 ** 32;
/** A tag and the value. */
const FIXED64_FIELD_BYTES = 9;

/** A metric with the place where it belongs in a request. */
export interface ScopedMetric extends Scoped {
  readonly metric: MetricData | CollectedMetric;
}

/** What a data point and a series have in common. */
interface Point<Value> {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  readonly value: Value;
  readonly exemplars: readonly Exemplar[];
}

/** What all points of a metric share. */
interface Layout {
  readonly isInteger: boolean;
  readonly isDelta: boolean;
  readonly end: NanosParts;
}

type NanosParts = ReturnType<typeof nanosParts>;

/** Writes metrics. What never changes of a series is written once and copied from then on. */
export class MetricEncoder {
  readonly #ids = new HexIds();
  readonly #scratch = new Writer();
  // The start time written last: that of all series of a delta metric.
  #startTime: HrTime = [0, 0];
  #start: NanosParts = { low: 0, high: 0 };
  // The boundaries written last, and their bytes: all series of a histogram share them.
  #boundaries: readonly number[] = [];
  #boundaryBytes: Uint8Array = new Uint8Array(0);

  readonly encode: EncodeItem<ScopedMetric> = (writer, field, { metric }) => {
    const { name, description, unit } = metric.descriptor;
    const start = writer.begin(field);
    writer.string(1, name);
    if (description !== "") writer.string(2, description);
    if (unit !== "") writer.string(3, unit);
    this.#writeData(writer, metric);
    writer.end(start);
  };

  #writeData(writer: Writer, metric: MetricData | CollectedMetric): void {
    const { aggregationTemporality, dataPointType } = metric;
    const isDelta = aggregationTemporality === AggregationTemporality.DELTA;
    const start = writer.begin(dataField(dataPointType));
    if (isCollected(metric)) this.#writePoints(writer, metric, metric.dataPoints, metric.endTime);
    else for (const point of metric.dataPoints) this.#writePoints(writer, metric, [point], point.endTime);
    if (dataPointType !== DataPointType.GAUGE) writer.uint(2, isDelta ? OTLP_DELTA : OTLP_CUMULATIVE);
    if (dataPointType === DataPointType.SUM && metric.isMonotonic) writer.bool(3, true);
    writer.end(start);
  }

  /** The type of the metric says what the values are. */
  #writePoints(
    writer: Writer,
    { descriptor, dataPointType, aggregationTemporality }: MetricData | CollectedMetric,
    points: readonly Point<unknown>[],
    endTime: HrTime,
  ): void {
    const layout = {
      isInteger: descriptor.valueType === ValueType.INT,
      isDelta: aggregationTemporality === AggregationTemporality.DELTA,
      end: nanosParts(Math.max(endTime[0], 0), endTime[1]),
    };
    switch (dataPointType) {
      case DataPointType.HISTOGRAM:
        for (const point of points as readonly Point<Histogram>[]) this.#writeHistogram(writer, point, layout);
        break;
      case DataPointType.EXPONENTIAL_HISTOGRAM:
        for (const point of points as readonly Point<ExponentialHistogram>[]) {
          this.#writeExponentialHistogram(writer, point, layout);
        }
        break;
      default:
        for (const point of points as readonly Point<number>[]) this.#writeNumber(writer, point, layout);
    }
  }

  #writeNumber(writer: Writer, point: Point<number>, layout: Layout): void {
    const head = this.#headOf(point, NUMBER_ATTRIBUTES, layout.isDelta);
    const start = this.#begin(writer, point, head, layout, FIXED64_FIELD_BYTES);
    const bytes = writer.room(FIXED64_FIELD_BYTES);
    writer.position = layout.isInteger
      ? putInteger(bytes, writer.position, 0x31, point.value)
      : putDouble(bytes, writer.position, 0x21, point.value);
    if (point.exemplars.length > 0) this.#end(writer, start, 5, point, layout);
  }

  #writeHistogram(writer: Writer, point: Point<Histogram>, layout: Layout): void {
    const { count, sum = Number.NaN, min = Infinity, max = -Infinity, buckets } = point.value;
    const head = this.#headOf(point, HISTOGRAM_ATTRIBUTES, layout.isDelta);
    const hasSum = !Number.isNaN(sum);
    const hasRange = min <= max;
    const boundaries = this.#bytesOf(buckets.boundaries);
    const countsLength = buckets.counts.length * 8;
    const fields = 1 + (hasSum ? 1 : 0) + (hasRange ? 2 : 0);
    const length = fields * FIXED64_FIELD_BYTES + 1 + varintSize(countsLength) + countsLength + boundaries.length;
    const start = this.#begin(writer, point, head, layout, length);
    const bytes = writer.room(length);
    let at = putInteger(bytes, writer.position, 0x21, count);
    if (hasSum) at = putDouble(bytes, at, 0x29, sum);
    bytes[at] = 0x32;
    at = putVarint(bytes, at + 1, countsLength);
    for (const bucket of buckets.counts) at = putCount(bytes, at, bucket);
    bytes.set(boundaries, at);
    at += boundaries.length;
    if (hasRange) at = putDouble(bytes, putDouble(bytes, at, 0x59, min), 0x61, max);
    writer.position = at;
    if (point.exemplars.length > 0) this.#end(writer, start, 8, point, layout);
  }

  /** How long it gets is known at the end only. */
  #writeExponentialHistogram(writer: Writer, point: Point<ExponentialHistogram>, layout: Layout): void {
    const { count, sum = Number.NaN, scale, zeroCount, positive, negative } = point.value;
    const { min = Infinity, max = -Infinity } = point.value;
    const start = writer.begin(1);
    writer.raw(this.#headOf(point, EXPONENTIAL_ATTRIBUTES, layout.isDelta));
    writer.position = this.#putTimes(writer.room(2 * FIXED64_FIELD_BYTES), writer.position, point, layout);
    writeCount(writer, 4, count);
    if (!Number.isNaN(sum)) writer.double(5, sum);
    writer.sint32(6, scale);
    writeCount(writer, 7, zeroCount);
    writeBuckets(writer, 8, positive);
    writeBuckets(writer, 9, negative);
    if (min <= max) {
      writer.double(12, min);
      writer.double(13, max);
    }
    this.#end(writer, start, 11, point, layout);
  }

  /** Opens a point that has `restLength` bytes after its times; exemplars, if there are any, come on top and need `#end`. */
  #begin(writer: Writer, point: Point<unknown>, head: Uint8Array, layout: Layout, restLength: number): number {
    let start = 0;
    const bytes = writer.room(head.length + 3 * FIXED64_FIELD_BYTES);
    if (point.exemplars.length > 0) {
      start = writer.begin(1);
    } else {
      const times = layout.isDelta ? 2 : 1;
      bytes[writer.position] = 0x0a;
      const length = head.length + times * FIXED64_FIELD_BYTES + restLength;
      writer.position = putVarint(bytes, writer.position + 1, length);
    }
    const at = writer.position;
    bytes.set(head, at);
    writer.position = this.#putTimes(bytes, at + head.length, point, layout);
    return start;
  }

  #putTimes(bytes: Buffer, position: number, { startTime }: Point<unknown>, { isDelta, end }: Layout): number {
    let at = position;
    if (isDelta) {
      const start = this.#partsOf(startTime);
      at = putParts(bytes, at, 0x11, start.low, start.high);
    }
    return putParts(bytes, at, 0x19, end.low, end.high);
  }

  /** All series of a delta metric have the same start time. */
  #partsOf(startTime: HrTime): NanosParts {
    if (startTime !== this.#startTime) {
      this.#startTime = startTime;
      this.#start = nanosParts(Math.max(startTime[0], 0), startTime[1]);
    }
    return this.#start;
  }

  #end(writer: Writer, start: number, field: number, { exemplars }: Point<unknown>, { isInteger }: Layout): void {
    for (const exemplar of exemplars) this.#writeExemplar(writer, field, exemplar, isInteger);
    writer.end(start);
  }

  #writeExemplar(writer: Writer, field: number, exemplar: Exemplar, isInteger: boolean): void {
    const start = writer.begin(field);
    writeTime(writer, 2, exemplar.timestamp);
    if (isInteger) writeInteger(writer, 6, exemplar.value);
    else writer.double(3, exemplar.value);
    if (exemplar.spanId !== undefined) writer.bytes(4, this.#ids.spanId(exemplar.spanId));
    if (exemplar.traceId !== undefined) writer.bytes(5, this.#ids.traceId(exemplar.traceId));
    writeAttributes(writer, 7, exemplar.filteredAttributes);
    writer.end(start);
  }

  /** What stays the same of a point: its attributes and, unless it is delta, its start time. */
  #headOf(point: Point<unknown>, attributesField: number, isDelta: boolean): Uint8Array {
    if (point instanceof Series && point.encoded !== undefined) return point.encoded;
    const scratch = this.#scratch;
    scratch.reset();
    writeAttributes(scratch, attributesField, point.attributes);
    if (!isDelta) writeTime(scratch, 2, point.startTime);
    if (!(point instanceof Series)) return scratch.view();
    // A copy in Node's pool: ten thousand small arrays of their own cost more than what is in them.
    point.encoded = Buffer.from(scratch.view());
    return point.encoded;
  }

  /** The field `explicit_bounds` of a histogram. */
  #bytesOf(boundaries: readonly number[]): Uint8Array {
    if (boundaries === this.#boundaries) return this.#boundaryBytes;
    const field = new Writer(boundaries.length * 8 + 8);
    field.tag(7, LENGTH_DELIMITED);
    field.varint(boundaries.length * 8);
    for (const boundary of boundaries) field.rawDouble(boundary);
    this.#boundaries = boundaries;
    this.#boundaryBytes = field.take();
    return this.#boundaryBytes;
  }
}

function isCollected(metric: MetricData | CollectedMetric): metric is CollectedMetric {
  return "endTime" in metric;
}

function dataField(dataPointType: DataPointType): number {
  switch (dataPointType) {
    case DataPointType.GAUGE:
      return 5;
    case DataPointType.SUM:
      return 7;
    case DataPointType.HISTOGRAM:
      return 9;
    default:
      return 10;
  }
}

function writeAttributes(writer: Writer, field: number, attributes: Attributes): void {
  // The SDK copied them from what it can write; others' data points may hold anything.
  for (const [key, value] of Object.entries(attributes)) {
    const copy = copyValue(value);
    if (copy !== undefined) writeKeyValue(writer, field, key, copy);
  }
}

function writeBuckets(writer: Writer, field: number, { offset, bucketCounts }: ExponentialHistogramBuckets): void {
  if (bucketCounts.length === 0) return;
  const start = writer.begin(field);
  writer.sint32(1, offset);
  const countsStart = writer.begin(2);
  for (const count of bucketCounts) writer.varint(count);
  writer.end(countsStart);
  writer.end(start);
}

function writeCount(writer: Writer, field: number, count: number): void {
  writer.fixed64Parts(field, count, highWord(count));
}

function highWord(count: number): number {
  return count < TWO_32 ? 0 : Math.floor(count / TWO_32);
}

/** As `sfixed64`: the two halves of the two's complement. */
function writeInteger(writer: Writer, field: number, value: number): void {
  writer.fixed64Parts(field, value, Math.floor(value / TWO_32));
}

/** The field of that tag: 8 bytes, the two's complement of a whole number. */
function putInteger(bytes: Buffer, position: number, tag: number, value: number): number {
  return putParts(bytes, position, tag, value, Math.floor(value / TWO_32));
}

function putParts(bytes: Buffer, position: number, tag: number, low: number, high: number): number {
  bytes[position] = tag;
  return putLittleWord(bytes, putLittleWord(bytes, position + 1, low), high);
}

function putDouble(bytes: Buffer, position: number, tag: number, value: number): number {
  bytes[position] = tag;
  return bytes.writeDoubleLE(value, position + 1);
}

/** Without a tag, as an item of a packed list. */
function putCount(bytes: Buffer, position: number, count: number): number {
  return putLittleWord(bytes, putLittleWord(bytes, position, count), highWord(count));
}

function varintSize(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : 3;
}
