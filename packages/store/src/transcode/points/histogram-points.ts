/** Points of histograms with explicit bounds: `metric_histograms`. */
import type { Reader } from "@clew/otlp";
import { ArrayColumn, FixedColumn, type Column } from "../../block/columns.ts";
import { BlockBuilder } from "../block-builder.ts";
import type { MetricContext, MetricSeries } from "../metric-series.ts";
import type { Ranges } from "../walk-records.ts";
import { DistributionColumns } from "./distribution-columns.ts";
import type { Exemplars } from "./exemplars.ts";
import { PointColumns, pushRange, take8 } from "./point-columns.ts";

export class HistogramPoints extends BlockBuilder {
  readonly table = "metric_histograms";
  readonly #exemplars: Exemplars;
  readonly #point: PointColumns;
  readonly #distribution = new DistributionColumns();
  readonly #bucketCounts = new ArrayColumn(new FixedColumn("UInt64", 8));
  readonly #explicitBounds = new ArrayColumn(new FixedColumn("Float64", 8));
  readonly columns: Readonly<Record<string, Column>>;

  constructor(series: MetricSeries, exemplars: Exemplars) {
    super();
    this.#exemplars = exemplars;
    this.#point = new PointColumns(series);
    this.columns = {
      ...this.#point.columns,
      ...this.#distribution.columns,
      BucketCounts: this.#bucketCounts,
      ExplicitBounds: this.#explicitBounds,
    };
  }

  add(reader: Reader, end: number, context: MetricContext): void {
    const attributes = this.#point.attributesIn(context);
    const exemplars: Ranges = [];
    let startAt = -1;
    let timeAt = -1;
    let countAt = -1;
    let sumAt = -1;
    let minAt = -1;
    let maxAt = -1;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 17) startAt = take8(reader);
      else if (tag === 25) timeAt = take8(reader);
      else if (tag === 33) countAt = take8(reader);
      else if (tag === 41) sumAt = take8(reader);
      else if (tag === 50 || tag === 49) addEights(this.#bucketCounts, reader, tag);
      else if (tag === 58 || tag === 57) addEights(this.#explicitBounds, reader, tag);
      else if (tag === 66) pushRange(reader, exemplars);
      else if (tag === 74) attributes.take(reader, end);
      else if (tag === 80) flags = reader.uint32();
      else if (tag === 89) minAt = take8(reader);
      else if (tag === 97) maxAt = take8(reader);
      else reader.skip(tag);
    }
    const series = this.#point.addRow(reader, context, attributes, startAt, timeAt, flags);
    this.#distribution.add(reader, { countAt, sumAt, minAt, maxAt });
    this.#bucketCounts.endRow();
    this.#explicitBounds.endRow();
    this.#exemplars.addAll(reader, exemplars, series, timeAt);
    this.rows++;
    reader.position = end;
  }
}

/** A repeated fixed64 or double, packed or one at a time. Both formats write them alike. */
function addEights(column: ArrayColumn<FixedColumn>, reader: Reader, tag: number): void {
  const end = (tag & 7) === 2 ? reader.lengthEnd() : reader.position + 8;
  column.items.values.copy(reader, reader.position, end);
  reader.position = end;
}
