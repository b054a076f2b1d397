/** Writes collected metrics as OTLP's `ResourceMetrics` (opentelemetry/proto/metrics/v1). */
import { type Attributes, ValueType } from "@opentelemetry/api";
import { Writer } from "@clew/otlp";
import { type AnyValue, writeKeyValue } from "../common/any-value.ts";
import { writeTime } from "../common/hr-time.ts";
import type { EncodeItem, Scoped } from "../otlp/encoded-batch.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Exemplar,
  type Histogram,
  type MetricData,
} from "./metric-data.ts";

const OTLP_DELTA = 1;
const OTLP_CUMULATIVE = 2;
// The fields of `attributes` differ between the two kinds of data points.
const NUMBER_ATTRIBUTES = 7;
const HISTOGRAM_ATTRIBUTES = 9;

/** A metric with the place where it belongs in a request. */
export interface ScopedMetric extends Scoped {
  readonly metric: MetricData;
}

/** Writes metrics. A series' attributes are the same object at every collection, so their bytes are kept. */
export class MetricEncoder {
  readonly #ids = new HexIds();
  readonly #scratch = new Writer();
  readonly #attributeBytes = new WeakMap<Attributes, Uint8Array>();

  readonly encode: EncodeItem<ScopedMetric> = (writer, field, { metric }) => {
    const { name, description, unit } = metric.descriptor;
    const start = writer.begin(field);
    writer.string(1, name);
    if (description !== "") writer.string(2, description);
    if (unit !== "") writer.string(3, unit);
    this.#writeData(writer, metric);
    writer.end(start);
  };

  #writeData(writer: Writer, metric: MetricData): void {
    const isInteger = metric.descriptor.valueType === ValueType.INT;
    if (metric.dataPointType === DataPointType.HISTOGRAM) {
      const start = writer.begin(9);
      for (const point of metric.dataPoints) this.#writeHistogramPoint(writer, point, isInteger);
      writer.uint(2, otlpTemporality(metric));
      return writer.end(start);
    }
    const isGauge = metric.dataPointType === DataPointType.GAUGE;
    const start = writer.begin(isGauge ? 5 : 7);
    for (const point of metric.dataPoints) this.#writeNumberPoint(writer, point, isInteger);
    if (!isGauge) writer.uint(2, otlpTemporality(metric));
    if (!isGauge && metric.isMonotonic) writer.bool(3, true);
    writer.end(start);
  }

  #writeNumberPoint(writer: Writer, point: DataPoint<number>, isInteger: boolean): void {
    const start = writer.begin(1);
    writeTime(writer, 2, point.startTime);
    writeTime(writer, 3, point.endTime);
    if (isInteger) writer.fixed64(6, BigInt(point.value));
    else writer.double(4, point.value);
    for (const exemplar of point.exemplars) this.#writeExemplar(writer, 5, exemplar, isInteger);
    writer.raw(this.#bytesOf(point.attributes, NUMBER_ATTRIBUTES));
    writer.end(start);
  }

  #writeHistogramPoint(writer: Writer, point: DataPoint<Histogram>, isInteger: boolean): void {
    const { count, sum, min, max, buckets } = point.value;
    const start = writer.begin(1);
    writeTime(writer, 2, point.startTime);
    writeTime(writer, 3, point.endTime);
    writeCount(writer, 4, count);
    writer.double(5, sum);
    writer.bytes(6, packedCounts(buckets.counts));
    writer.bytes(7, packedDoubles(buckets.boundaries));
    for (const exemplar of point.exemplars) this.#writeExemplar(writer, 8, exemplar, isInteger);
    writer.raw(this.#bytesOf(point.attributes, HISTOGRAM_ATTRIBUTES));
    if (min !== undefined) writer.double(11, min);
    if (max !== undefined) writer.double(12, max);
    writer.end(start);
  }

  #writeExemplar(writer: Writer, field: number, exemplar: Exemplar, isInteger: boolean): void {
    const start = writer.begin(field);
    writeTime(writer, 2, exemplar.timestamp);
    if (isInteger) writer.fixed64(6, BigInt(exemplar.value));
    else writer.double(3, exemplar.value);
    if (exemplar.spanId !== undefined) writer.bytes(4, this.#ids.spanId(exemplar.spanId));
    if (exemplar.traceId !== undefined) writer.bytes(5, this.#ids.traceId(exemplar.traceId));
    for (const [key, value] of Object.entries(exemplar.filteredAttributes)) {
      writeKeyValue(writer, 7, key, value as AnyValue);
    }
    writer.end(start);
  }

  #bytesOf(attributes: Attributes, field: number): Uint8Array {
    const known = this.#attributeBytes.get(attributes);
    if (known !== undefined) return known;
    this.#scratch.reset();
    for (const [key, value] of Object.entries(attributes)) writeKeyValue(this.#scratch, field, key, value as AnyValue);
    const bytes = this.#scratch.finish();
    this.#attributeBytes.set(attributes, bytes);
    return bytes;
  }
}

function otlpTemporality({ aggregationTemporality }: MetricData): number {
  return aggregationTemporality === AggregationTemporality.DELTA ? OTLP_DELTA : OTLP_CUMULATIVE;
}

function writeCount(writer: Writer, field: number, count: number): void {
  writer.fixed64Parts(field, count >>> 0, Math.floor(count / 2 ** 32));
}

function packedCounts(counts: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(counts.length * 8);
  for (const [i, count] of counts.entries()) {
    bytes.writeUInt32LE(count >>> 0, i * 8);
    bytes.writeUInt32LE(Math.floor(count / 2 ** 32), i * 8 + 4);
  }
  return bytes;
}

function packedDoubles(values: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeDoubleLE(value, i * 8);
  return bytes;
}
