import type { Reader } from "@clew/otlp";
import {
  ArrayColumn,
  ArrayEnds,
  FixedColumn,
  LowCardinalityColumn,
  StringColumn,
  type Column,
} from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { AttributeWriter } from "./attributes.ts";
import { takeRange } from "./walk-records.ts";

/** A span's links, as the parallel arrays of `Links Nested(…)`. */
export class LinkColumns {
  readonly #ends = new ArrayEnds();
  readonly #traceId = new ArrayColumn(new StringColumn(), this.#ends);
  readonly #spanId = new ArrayColumn(new StringColumn(), this.#ends);
  readonly #traceState = new ArrayColumn(new StringColumn(), this.#ends);
  readonly #attributes = new ArrayColumn(new MapColumn(), this.#ends);
  readonly #types = new ArrayColumn(new LowCardinalityColumn(), this.#ends);
  readonly #dropped = new ArrayColumn(new FixedColumn("UInt32", 4), this.#ends);
  readonly #flags = new ArrayColumn(new FixedColumn("UInt32", 4), this.#ends);
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes.items, types: this.#types.items });

  readonly columns: Readonly<Record<string, Column>> = {
    "Links.TraceId": this.#traceId,
    "Links.SpanId": this.#spanId,
    "Links.TraceState": this.#traceState,
    "Links.Attributes": this.#attributes,
    "Links.AttributesTypes": this.#types,
    "Links.DroppedAttributesCount": this.#dropped,
    "Links.Flags": this.#flags,
  };

  add(reader: Reader, end: number): void {
    const traceId = [0, 0];
    const spanId = [0, 0];
    const traceState = [0, 0];
    let dropped = 0;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 10) takeRange(reader, traceId);
      else if (tag === 18) takeRange(reader, spanId);
      else if (tag === 26) takeRange(reader, traceState);
      else if (tag === 34) this.#attributeWriter.add(reader, reader.lengthEnd());
      else if (tag === 40) dropped = reader.uint32();
      else if (tag === 53) flags = reader.fixed32();
      else reader.skip(tag);
    }
    this.#attributeWriter.endRow();
    this.#traceId.items.addHex(reader, traceId[0]!, traceId[1]!);
    this.#spanId.items.addHex(reader, spanId[0]!, spanId[1]!);
    this.#traceState.items.add(reader, traceState[0]!, traceState[1]!);
    this.#dropped.items.values.u32(dropped);
    this.#flags.items.values.u32(flags);
  }

  endRow(): void {
    this.#ends.endRow(this.#traceId.items.rows);
  }
}
