/** Points of gauges and sums: `metric_samples`. */
import type { Reader } from "@clew/otlp";
import { PROMETHEUS_POINT_FLAGS } from "@clew/otlp/prometheus";
import type { Column } from "../../block/columns.ts";
import { BlockBuilder } from "../block-builder.ts";
import type { MetricContext, MetricSeries } from "../metric-series.ts";
import { keepsNames } from "../prometheus-names.ts";
import type { Ranges } from "../walk-records.ts";
import type { Exemplars } from "./exemplars.ts";
import { NumberColumns } from "./number-columns.ts";
import { PointColumns, pushRange, take8 } from "./point-columns.ts";

export class NumberPoints extends BlockBuilder {
  readonly table = "metric_samples";
  readonly #exemplars: Exemplars;
  readonly #point: PointColumns;
  readonly #number = new NumberColumns();
  readonly columns: Readonly<Record<string, Column>>;

  constructor(series: MetricSeries, exemplars: Exemplars) {
    super();
    this.#exemplars = exemplars;
    this.#point = new PointColumns(series);
    this.columns = { ...this.#point.columns, ...this.#number.columns };
  }

  add(reader: Reader, end: number, context: MetricContext): void {
    const attributes = this.#point.attributesIn(context);
    const exemplars: Ranges = [];
    let startAt = -1;
    let timeAt = -1;
    let doubleAt = -1;
    let intAt = -1;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 17) startAt = take8(reader);
      else if (tag === 25) timeAt = take8(reader);
      else if (tag === 33) [doubleAt, intAt] = [take8(reader), -1];
      else if (tag === 42) pushRange(reader, exemplars);
      else if (tag === 49) [doubleAt, intAt] = [-1, take8(reader)];
      else if (tag === 58) attributes.take(reader, end);
      else if (tag === 64) flags = reader.uint32();
      else reader.skip(tag);
    }
    const isSample = (flags & PROMETHEUS_POINT_FLAGS.exemplarsOnly) === 0 || !keepsNames(reader, context);
    const series = isSample
      ? this.#point.addRow(reader, context, attributes, startAt, timeAt, flags)
      : this.#point.seriesAt(reader, context, attributes, timeAt);
    if (isSample) {
      this.#number.add(reader, doubleAt, intAt);
      this.rows++;
    }
    this.#exemplars.addAll(reader, exemplars, series, timeAt);
    reader.position = end;
  }
}
