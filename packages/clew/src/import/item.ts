/** One thing in a file: a line, an element of a list, a frame, or all of it. */
export interface Item {
  /** `line 12` or `byte 4096`: where it begins. */
  readonly place: string;
  /** Undefined where it can't be read; `problem` tells why. */
  readonly bytes: Buffer | undefined;
  readonly problem?: string;
}

/** Takes a file's bytes piece by piece and gives the things in it, of which each has a limit. */
export interface Splitter {
  feed(chunk: Buffer): Iterable<Item>;
  /** What the end of the file completes or cuts off. */
  end(): Iterable<Item>;
}

/** A thing that is larger is passed over, and told. */
export const MAX_ITEM_BYTES: number = 64 * 1024 * 1024;

export function tooLarge(place: string, limitBytes: number): Item {
  return { place, bytes: undefined, problem: `it has more than ${limitBytes / 1024 / 1024} MiB, and was passed over` };
}

/** Bytes that are put together from pieces, until they are more than a limit. */
export class LimitedBytes {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isTooLarge(): boolean {
    return this.#length > this.#limit;
  }

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.isTooLarge) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  /** All of it; begins anew. */
  take(): Buffer {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return bytes;
  }
}
