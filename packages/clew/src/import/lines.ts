import { LimitedBytes, MAX_ITEM_BYTES, tooLarge, type Item, type Splitter } from "./item.ts";

const NEW_LINE = 0x0a;

/** Line by line; blank ones are left out. */
export class Lines implements Splitter {
  readonly #limit: number;
  readonly #line: LimitedBytes;
  #number = 1;

  constructor(limitBytes: number = MAX_ITEM_BYTES) {
    this.#limit = limitBytes;
    this.#line = new LimitedBytes(limitBytes);
  }

  *feed(chunk: Buffer): Iterable<Item> {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEW_LINE, start)) >= 0; start = end + 1) {
      this.#line.add(chunk.subarray(start, end));
      yield* this.end();
      this.#number++;
    }
    this.#line.add(chunk.subarray(start));
  }

  *end(): Iterable<Item> {
    const place = `line ${this.#number}`;
    const { isTooLarge } = this.#line;
    const bytes = this.#line.take();
    if (isTooLarge) yield tooLarge(place, this.#limit);
    else if (bytes.some((byte) => byte > 0x20)) yield { place, bytes };
  }
}
