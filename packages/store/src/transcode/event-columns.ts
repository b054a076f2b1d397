import type { Reader } from "@clew/otlp";
import { ArrayColumn, ArrayEnds, FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { AttributeWriter } from "./attributes.ts";

/** A span's events, as the parallel arrays of `Events Nested(…)`. */
export class EventColumns {
  readonly #ends = new ArrayEnds();
  readonly #timestamp = new ArrayColumn(new FixedColumn("DateTime64(9)", 8), this.#ends);
  readonly #name = new ArrayColumn(new LowCardinalityColumn(), this.#ends);
  readonly #attributes = new ArrayColumn(new MapColumn(), this.#ends);
  readonly #types = new ArrayColumn(new LowCardinalityColumn(), this.#ends);
  readonly #dropped = new ArrayColumn(new FixedColumn("UInt32", 4), this.#ends);
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes.items, types: this.#types.items });

  readonly columns: Readonly<Record<string, Column>> = {
    "Events.Timestamp": this.#timestamp,
    "Events.Name": this.#name,
    "Events.Attributes": this.#attributes,
    "Events.AttributesTypes": this.#types,
    "Events.DroppedAttributesCount": this.#dropped,
  };

  add(reader: Reader, end: number): void {
    let timeAt = -1;
    let name = 0;
    let nameEnd = 0;
    let dropped = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 9) {
        timeAt = reader.position;
        reader.position += 8;
      } else if (tag === 18) {
        nameEnd = reader.lengthEnd();
        name = reader.position;
        reader.position = nameEnd;
      } else if (tag === 26) this.#attributeWriter.add(reader, reader.lengthEnd());
      else if (tag === 32) dropped = reader.uint32();
      else reader.skip(tag);
    }
    this.#attributeWriter.endRow();
    if (timeAt < 0) this.#timestamp.items.values.u64(0);
    else this.#timestamp.items.values.eightFrom(reader, timeAt);
    this.#name.items.add(reader, name, nameEnd);
    this.#dropped.items.values.u32(dropped);
  }

  endRow(): void {
    this.#ends.endRow(this.#timestamp.items.rows);
  }
}
