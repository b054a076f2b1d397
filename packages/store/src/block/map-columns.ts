/** Attributes in columns: maps of texts, whose keys are few. */
import { ByteBuffer } from "./byte-buffer.ts";
import { LowCardinalityColumn, StringColumn, type Column } from "./columns.ts";

/** `Map(LowCardinality(String), String)`: attributes. Add entries to `keys` and `values`, then `endRow`. */
export class MapColumn implements Column {
  readonly type = "Map(LowCardinality(String), String)";
  readonly keys: LowCardinalityColumn = new LowCardinalityColumn();
  readonly values: StringColumn = new StringColumn();
  readonly #ends = new ByteBuffer();
  #rowStart = 0;
  #rowStartBytes = 0;
  #lastCount = 0;
  #lastBytes = 0;

  get rows(): number {
    return this.#ends.length / 8;
  }

  endRow(): void {
    const entries = this.values.rows;
    this.#lastCount = entries - this.#rowStart;
    this.#lastBytes = this.values.values.length - this.#rowStartBytes;
    this.#rowStart = entries;
    this.#rowStartBytes = this.values.values.length;
    this.#ends.u64(entries);
  }

  /** Writes the last row so many times more. */
  repeat(times: number): void {
    if (this.#lastCount > 0) {
      this.keys.repeat(times, this.#lastCount);
      this.values.values.repeatLast(this.#lastBytes, times);
      this.values.rows += this.#lastCount * times;
    }
    for (let i = 1; i <= times; i++) this.#ends.u64(this.#rowStart + this.#lastCount * i);
    this.#rowStart = this.values.rows;
    this.#rowStartBytes = this.values.values.length;
  }

  prefix(parts: Uint8Array[]): void {
    this.keys.prefix(parts);
  }

  data(parts: Uint8Array[]): void {
    parts.push(this.#ends.view());
    this.keys.data(parts);
    this.values.data(parts);
  }

  reset(): void {
    this.keys.reset();
    this.values.reset();
    this.#ends.reset();
    this.#rowStart = 0;
    this.#rowStartBytes = 0;
  }
}

/**
 * `Map(LowCardinality(String), LowCardinality(String))`: attributes that are the same in many rows. The same to write as a
 * `MapColumn`; `values` has those of the row that is being written.
 */
export class DictionaryMapColumn implements Column {
  readonly type = "Map(LowCardinality(String), LowCardinality(String))";
  readonly keys: LowCardinalityColumn = new LowCardinalityColumn();
  readonly values: StringColumn = new StringColumn();
  readonly #known = new LowCardinalityColumn();
  readonly #ends = new ByteBuffer();
  #lastCount = 0;

  get rows(): number {
    return this.#ends.length / 8;
  }

  endRow(): void {
    this.#lastCount = this.values.rows;
    const texts = this.values.values;
    for (let position = 0; position < texts.length;) {
      const [start, end] = this.values.textAt(position);
      this.#known.add(texts, start, end);
      position = end;
    }
    this.values.reset();
    this.#ends.u64(this.#known.rows);
  }

  /** Writes the last row so many times more. */
  repeat(times: number): void {
    const first = this.#known.rows;
    if (this.#lastCount > 0) {
      this.keys.repeat(times, this.#lastCount);
      this.#known.repeat(times, this.#lastCount);
    }
    for (let i = 1; i <= times; i++) this.#ends.u64(first + this.#lastCount * i);
  }

  /** Writes an earlier row once more. */
  again(row: number): void {
    const start = row === 0 ? 0 : this.#endOf(row - 1);
    const end = this.#endOf(row);
    this.#lastCount = end - start;
    this.keys.again(start, end);
    this.#known.again(start, end);
    this.#ends.u64(this.#known.rows);
  }

  #endOf(row: number): number {
    return this.#ends.dataView.getUint32(row * 8, true);
  }

  prefix(parts: Uint8Array[]): void {
    this.keys.prefix(parts);
    this.#known.prefix(parts);
  }

  data(parts: Uint8Array[]): void {
    parts.push(this.#ends.view());
    this.keys.data(parts);
    this.#known.data(parts);
  }

  reset(): void {
    this.keys.reset();
    this.values.reset();
    this.#known.reset();
    this.#ends.reset();
  }
}
