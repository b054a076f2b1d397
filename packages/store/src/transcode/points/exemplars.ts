/** Exemplars of points of every shape: `metric_exemplars`. */
import type { Reader } from "@clew/otlp";
import { FixedColumn, LowCardinalityColumn, StringColumn, type Column } from "../../block/columns.ts";
import { MapColumn } from "../../block/map-columns.ts";
import { AttributeWriter } from "../attributes.ts";
import { BlockBuilder } from "../block-builder.ts";
import type { KnownSeries } from "../known-series.ts";
import { takeRange, type Ranges } from "../walk-records.ts";
import { NumberColumns } from "./number-columns.ts";
import { addEight, take8 } from "./point-columns.ts";

export class Exemplars extends BlockBuilder {
  readonly table = "metric_exemplars";
  readonly #locality = new FixedColumn("UInt64", 8);
  readonly #fingerprint = new FixedColumn("UInt64", 8);
  readonly #timestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #pointTimestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #number = new NumberColumns();
  readonly #traceId = new StringColumn();
  readonly #spanId = new StringColumn();
  readonly #attributes = new MapColumn();
  readonly #types = new LowCardinalityColumn();
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes, types: this.#types });

  readonly columns: Readonly<Record<string, Column>> = {
    Locality: this.#locality,
    Fingerprint: this.#fingerprint,
    Timestamp: this.#timestamp,
    PointTimestamp: this.#pointTimestamp,
    ...this.#number.columns,
    TraceId: this.#traceId,
    SpanId: this.#spanId,
    FilteredAttributes: this.#attributes,
    FilteredAttributesTypes: this.#types,
  };

  /** `pointTimeAt` is where the time of the point stands that they came with, -1 for none. */
  addAll(reader: Reader, exemplars: Ranges, series: KnownSeries, pointTimeAt: number): void {
    for (let i = 0; i < exemplars.length; i += 2) {
      reader.position = exemplars[i]!;
      this.#add(reader, exemplars[i + 1]!, series);
      addEight(this.#pointTimestamp, reader, pointTimeAt);
    }
  }

  #add(reader: Reader, end: number, series: KnownSeries): void {
    const traceId: Ranges = [0, 0];
    const spanId: Ranges = [0, 0];
    let timeAt = -1;
    let doubleAt = -1;
    let intAt = -1;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 17) timeAt = take8(reader);
      else if (tag === 25) [doubleAt, intAt] = [take8(reader), -1];
      else if (tag === 34) takeRange(reader, spanId);
      else if (tag === 42) takeRange(reader, traceId);
      else if (tag === 49) [doubleAt, intAt] = [-1, take8(reader)];
      else if (tag === 58) this.#attributeWriter.add(reader, reader.lengthEnd());
      else reader.skip(tag);
    }
    this.#attributeWriter.endRow();
    series.put(this.#locality, this.#fingerprint);
    addEight(this.#timestamp, reader, timeAt);
    this.#number.add(reader, doubleAt, intAt);
    this.#traceId.addHex(reader, traceId[0]!, traceId[1]!);
    this.#spanId.addHex(reader, spanId[0]!, spanId[1]!);
    this.rows++;
  }
}
