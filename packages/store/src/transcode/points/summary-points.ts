/** Points of summaries: `metric_summaries`. */
import type { Reader } from "@clew/otlp";
import { ArrayColumn, FixedColumn, type Column } from "../../block/columns.ts";
import { BlockBuilder } from "../block-builder.ts";
import type { MetricContext, MetricSeries } from "../metric-series.ts";
import { addEight, PointColumns, take8 } from "./point-columns.ts";

export class SummaryPoints extends BlockBuilder {
  readonly table = "metric_summaries";
  readonly #point: PointColumns;
  readonly #count = new FixedColumn("UInt64", 8);
  readonly #sum = new FixedColumn("Float64", 8);
  readonly #quantiles = new ArrayColumn(new FixedColumn("Float64", 8));
  readonly #values = new ArrayColumn(new FixedColumn("Float64", 8));
  readonly columns: Readonly<Record<string, Column>>;

  constructor(series: MetricSeries) {
    super();
    this.#point = new PointColumns(series);
    this.columns = {
      ...this.#point.columns,
      Count: this.#count,
      Sum: this.#sum,
      Quantiles: this.#quantiles,
      QuantileValues: this.#values,
    };
  }

  add(reader: Reader, end: number, context: MetricContext): void {
    const attributes = this.#point.attributesIn(context);
    let startAt = -1;
    let timeAt = -1;
    let countAt = -1;
    let sumAt = -1;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 17) startAt = take8(reader);
      else if (tag === 25) timeAt = take8(reader);
      else if (tag === 33) countAt = take8(reader);
      else if (tag === 41) sumAt = take8(reader);
      else if (tag === 50) this.#addQuantile(reader, reader.lengthEnd());
      else if (tag === 58) attributes.take(reader, end);
      else if (tag === 64) flags = reader.uint32();
      else reader.skip(tag);
    }
    this.#point.addRow(reader, context, attributes, startAt, timeAt, flags);
    addEight(this.#count, reader, countAt);
    addEight(this.#sum, reader, sumAt);
    this.#quantiles.endRow();
    this.#values.endRow();
    this.rows++;
    reader.position = end;
  }

  #addQuantile(reader: Reader, end: number): void {
    let quantileAt = -1;
    let valueAt = -1;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 9) quantileAt = take8(reader);
      else if (tag === 17) valueAt = take8(reader);
      else reader.skip(tag);
    }
    addEight(this.#quantiles.items, reader, quantileAt);
    addEight(this.#values.items, reader, valueAt);
  }
}
