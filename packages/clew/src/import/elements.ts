import { LimitedBytes, MAX_ITEM_BYTES, tooLarge, type Item, type Splitter } from "./item.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const NEW_LINE = 0x0a;
const SPACE = 0x20;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LIST_KEY = "data";

/**
 * The elements of a list in JSON, which is all of the file (Zipkin) or stands under the key `data` (Jaeger), without
 * reading the whole into memory. What is no JSON within an element is not noticed here.
 */
export class Elements implements Splitter {
  readonly #limit: number;
  readonly #element: LimitedBytes;
  #line = 1;
  #elementLine = 0;
  #depth = 0;
  /** How deep the list is whose elements are given; 0 outside of any. */
  #listDepth = 0;
  #isInElement = false;
  #isInText = false;
  #isEscaped = false;
  #hasLists = false;
  /** The last text in the outermost object. */
  #key = "";

  constructor(limitBytes: number = MAX_ITEM_BYTES) {
    this.#limit = limitBytes;
    this.#element = new LimitedBytes(limitBytes);
  }

  *feed(chunk: Buffer): Iterable<Item> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === NEW_LINE) this.#line++;
      if (this.#isInText) {
        this.#text(byte);
        continue;
      }
      if (this.#isInElement && this.#endsElement(byte)) {
        this.#element.add(chunk.subarray(start, i));
        yield this.#whole();
      }
      if (this.#beginsElement(byte)) {
        this.#isInElement = true;
        this.#elementLine = this.#line;
        start = i;
      }
      this.#structure(byte);
    }
    if (this.#isInElement) this.#element.add(chunk.subarray(start));
  }

  *end(): Iterable<Item> {
    if (this.#isInElement) yield { place: `line ${this.#elementLine}`, bytes: undefined, problem: "it is cut off" };
    else if (!this.#hasLists)
      yield { place: "line 1", bytes: undefined, problem: "there is no list of traces or spans" };
    else if (this.#depth > 0) yield { place: `line ${this.#line}`, bytes: undefined, problem: "the list is cut off" };
  }

  #whole(): Item {
    const place = `line ${this.#elementLine}`;
    const { isTooLarge } = this.#element;
    const bytes = this.#element.take();
    this.#isInElement = false;
    return isTooLarge ? tooLarge(place, this.#limit) : { place, bytes };
  }

  #endsElement(byte: number): boolean {
    return this.#depth === this.#listDepth && (byte === COMMA || byte === CLOSE_LIST);
  }

  #beginsElement(byte: number): boolean {
    const isBetween = this.#listDepth > 0 && this.#depth === this.#listDepth && !this.#isInElement;
    return isBetween && byte > SPACE && byte !== COMMA && byte !== CLOSE_LIST;
  }

  #text(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInText = false;
    if (this.#isInText && this.#depth === 1 && this.#listDepth === 0 && this.#key.length <= LIST_KEY.length)
      this.#key += String.fromCharCode(byte);
  }

  #structure(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#isInText = true;
        if (this.#depth === 1) this.#key = "";
        return;
      case OPEN_LIST:
        this.#depth++;
        if (this.#listDepth > 0 || (this.#depth !== 1 && !(this.#depth === 2 && this.#key === LIST_KEY))) return;
        this.#listDepth = this.#depth;
        this.#hasLists = true;
        return;
      case OPEN_OBJECT:
        this.#depth++;
        return;
      case CLOSE_LIST:
        if (this.#depth === this.#listDepth) this.#listDepth = 0;
        this.#depth = Math.max(0, this.#depth - 1);
        return;
      case CLOSE_OBJECT:
        this.#depth = Math.max(0, this.#depth - 1);
    }
  }
}
