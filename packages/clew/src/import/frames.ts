import { LimitedBytes, MAX_ITEM_BYTES, type Item, type Splitter } from "./item.ts";

export const LENGTH_BYTES = 4;

/** Messages of which each stands behind its length in four bytes, the highest first: what the `file` exporter writes. */
export class Frames implements Splitter {
  readonly #limit: number;
  #rest: LimitedBytes = new LimitedBytes(Infinity);
  #missing = LENGTH_BYTES;
  #isLength = true;
  #position = 0;
  #isLost = false;

  constructor(limitBytes: number = MAX_ITEM_BYTES) {
    this.#limit = limitBytes;
  }

  *feed(chunk: Buffer): Iterable<Item> {
    for (let start = 0; start < chunk.length && !this.#isLost;) {
      const end = Math.min(chunk.length, start + this.#missing);
      this.#rest.add(chunk.subarray(start, end));
      this.#missing -= end - start;
      start = end;
      if (this.#missing === 0) yield* this.#next(this.#rest.take());
    }
  }

  *end(): Iterable<Item> {
    if (this.#isLost || (this.#isLength && this.#rest.length === 0)) return;
    yield { place: this.#place(), bytes: undefined, problem: "it is cut off" };
  }

  *#next(bytes: Buffer): Iterable<Item> {
    if (!this.#isLength) {
      yield { place: this.#place(), bytes };
      this.#position += LENGTH_BYTES + bytes.length;
      this.#await(LENGTH_BYTES, true);
      return;
    }
    const length = bytes.readUInt32BE();
    if (length === 0) this.#position += LENGTH_BYTES;
    else if (length <= this.#limit) this.#await(length, false);
    else {
      // A length that makes no sense: nothing tells where the next message begins.
      this.#isLost = true;
      yield {
        place: this.#place(),
        bytes: undefined,
        problem: `no message of ${length} bytes is read, nor what is behind it`,
      };
    }
    if (length === 0) this.#await(LENGTH_BYTES, true);
  }

  #await(bytes: number, isLength: boolean): void {
    this.#missing = bytes;
    this.#isLength = isLength;
  }

  #place(): string {
    return `byte ${this.#position}`;
  }
}
