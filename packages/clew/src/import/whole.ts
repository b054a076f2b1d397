import { LimitedBytes, tooLarge, type Item, type Splitter } from "./item.ts";

/** A file that is one thing may be so large. */
const MAX_WHOLE_BYTES = 256 * 1024 * 1024;

/** The file as it is. */
export class Whole implements Splitter {
  readonly #place: string;
  readonly #bytes = new LimitedBytes(MAX_WHOLE_BYTES);

  constructor(place: string) {
    this.#place = place;
  }

  feed(chunk: Buffer): readonly Item[] {
    this.#bytes.add(chunk);
    return [];
  }

  *end(): Iterable<Item> {
    if (this.#bytes.isTooLarge) yield tooLarge(this.#place, MAX_WHOLE_BYTES);
    else yield { place: this.#place, bytes: this.#bytes.take() };
  }
}
