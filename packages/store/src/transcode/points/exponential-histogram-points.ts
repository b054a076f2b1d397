/** Points of exponential histograms: `metric_exponential_histograms`. */
import type { Reader } from "@clew/otlp";
import { ArrayColumn, FixedColumn, type Column } from "../../block/columns.ts";
import { BlockBuilder } from "../block-builder.ts";
import type { MetricContext, MetricSeries } from "../metric-series.ts";
import { takeRange, type Ranges } from "../walk-records.ts";
import { DistributionColumns, HAS } from "./distribution-columns.ts";
import type { Exemplars } from "./exemplars.ts";
import { addEight, PointColumns, pushRange, take8 } from "./point-columns.ts";

export class ExponentialHistogramPoints extends BlockBuilder {
  readonly table = "metric_exponential_histograms";
  readonly #exemplars: Exemplars;
  readonly #point: PointColumns;
  readonly #distribution = new DistributionColumns();
  readonly #scale = new FixedColumn("Int32", 4);
  readonly #zeroCount = new FixedColumn("UInt64", 8);
  readonly #zeroThreshold = new FixedColumn("Float64", 8);
  readonly #positive = new BucketColumns("Positive");
  readonly #negative = new BucketColumns("Negative");
  readonly columns: Readonly<Record<string, Column>>;

  constructor(series: MetricSeries, exemplars: Exemplars) {
    super();
    this.#exemplars = exemplars;
    this.#point = new PointColumns(series);
    this.columns = {
      ...this.#point.columns,
      ...this.#distribution.columns,
      Scale: this.#scale,
      ZeroCount: this.#zeroCount,
      ZeroThreshold: this.#zeroThreshold,
      ...this.#positive.columns,
      ...this.#negative.columns,
    };
  }

  add(reader: Reader, end: number, context: MetricContext): void {
    const attributes = this.#point.attributesIn(context);
    const exemplars: Ranges = [];
    const positive: Ranges = [];
    const negative: Ranges = [];
    let startAt = -1;
    let timeAt = -1;
    let countAt = -1;
    let sumAt = -1;
    let minAt = -1;
    let maxAt = -1;
    let zeroCountAt = -1;
    let zeroThresholdAt = -1;
    let scale = 0;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 10) attributes.take(reader, end);
      else if (tag === 17) startAt = take8(reader);
      else if (tag === 25) timeAt = take8(reader);
      else if (tag === 33) countAt = take8(reader);
      else if (tag === 41) sumAt = take8(reader);
      else if (tag === 48) scale = reader.sint32();
      else if (tag === 57) zeroCountAt = take8(reader);
      else if (tag === 66) takeRange(reader, positive);
      else if (tag === 74) takeRange(reader, negative);
      else if (tag === 80) flags = reader.uint32();
      else if (tag === 90) pushRange(reader, exemplars);
      else if (tag === 97) minAt = take8(reader);
      else if (tag === 105) maxAt = take8(reader);
      else if (tag === 113) zeroThresholdAt = take8(reader);
      else reader.skip(tag);
    }
    const series = this.#point.addRow(reader, context, attributes, startAt, timeAt, flags);
    addEight(this.#zeroCount, reader, zeroCountAt);
    addEight(this.#zeroThreshold, reader, zeroThresholdAt);
    this.#scale.values.u32(scale);
    this.#positive.add(reader, positive);
    this.#negative.add(reader, negative);
    const sides = (positive.length === 0 ? 0 : HAS.positive) | (negative.length === 0 ? 0 : HAS.negative);
    this.#distribution.add(reader, { countAt, sumAt, minAt, maxAt }, sides);
    this.#exemplars.addAll(reader, exemplars, series, timeAt);
    this.rows++;
    reader.position = end;
  }
}

/** One side's buckets: their offset and counts. */
class BucketColumns {
  readonly #offset = new FixedColumn("Int32", 4);
  readonly #counts = new ArrayColumn(new FixedColumn("UInt64", 8));
  readonly columns: Readonly<Record<string, Column>>;

  constructor(side: "Positive" | "Negative") {
    this.columns = { [`${side}Offset`]: this.#offset, [`${side}BucketCounts`]: this.#counts };
  }

  add(reader: Reader, [start = 0, end = 0]: Ranges): void {
    let offset = 0;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 8) offset = reader.sint32();
      else if (tag === 18) this.#addCounts(reader, reader.lengthEnd());
      else if (tag === 16) this.#counts.items.values.u64Big(reader.varint64());
      else reader.skip(tag);
    }
    this.#offset.values.u32(offset);
    this.#counts.endRow();
  }

  #addCounts(reader: Reader, end: number): void {
    while (reader.position < end) this.#counts.items.values.u64Big(reader.varint64());
  }
}
