import type { ByteSource } from "../../block/byte-source.ts";
import { FixedColumn, type Column } from "../../block/columns.ts";

/** Which of the `oneof value` was set. */
export const VALUE_TYPE = { none: 0, double: 1, int: 2 } as const;

/** A number that came as a double or as a 64-bit integer, each in a column of its own. */
export class NumberColumns {
  readonly #doubleValue = new FixedColumn("Float64", 8);
  readonly #intValue = new FixedColumn("Int64", 8);
  readonly #valueType = new FixedColumn("UInt8", 1);

  readonly columns: Readonly<Record<string, Column>> = {
    DoubleValue: this.#doubleValue,
    IntValue: this.#intValue,
    ValueType: this.#valueType,
  };

  /** The value stands at one of the two places, -1 for the other. */
  add(source: ByteSource, doubleAt: number, intAt: number): void {
    if (intAt >= 0) {
      this.#doubleValue.values.u64(0);
      this.#intValue.values.eightFrom(source, intAt);
      this.#valueType.values.u8(VALUE_TYPE.int);
      return;
    }
    if (doubleAt >= 0) this.#doubleValue.values.eightFrom(source, doubleAt);
    else this.#doubleValue.values.u64(0);
    this.#intValue.values.u64(0);
    this.#valueType.values.u8(doubleAt >= 0 ? VALUE_TYPE.double : VALUE_TYPE.none);
  }
}
