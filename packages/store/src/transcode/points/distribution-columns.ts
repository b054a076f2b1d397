import type { ByteSource } from "../../block/byte-source.ts";
import { FixedColumn, type Column } from "../../block/columns.ts";
import { addEight } from "./point-columns.ts";

/** Bits of `Has`: which of the optional fields were set. */
export const HAS = { sum: 1, min: 2, max: 4, positive: 8, negative: 16 } as const;

/** Where a histogram point's numbers stand, -1 for those that are missing. */
export interface DistributionPlaces {
  readonly countAt: number;
  readonly sumAt: number;
  readonly minAt: number;
  readonly maxAt: number;
}

/** What points of both kinds of histogram have: how many values, their sum, the least and the greatest. */
export class DistributionColumns {
  readonly #count = new FixedColumn("UInt64", 8);
  readonly #sum = new FixedColumn("Float64", 8);
  readonly #min = new FixedColumn("Float64", 8);
  readonly #max = new FixedColumn("Float64", 8);
  readonly #has = new FixedColumn("UInt8", 1);

  readonly columns: Readonly<Record<string, Column>> = {
    Count: this.#count,
    Sum: this.#sum,
    Min: this.#min,
    Max: this.#max,
    Has: this.#has,
  };

  /** `sides` are the bits of `HAS` that are known elsewhere. */
  add(source: ByteSource, { countAt, sumAt, minAt, maxAt }: DistributionPlaces, sides = 0): void {
    addEight(this.#count, source, countAt);
    addEight(this.#sum, source, sumAt);
    addEight(this.#min, source, minAt);
    addEight(this.#max, source, maxAt);
    const optional = (sumAt < 0 ? 0 : HAS.sum) | (minAt < 0 ? 0 : HAS.min) | (maxAt < 0 ? 0 : HAS.max);
    this.#has.values.u8(optional | sides);
  }
}
