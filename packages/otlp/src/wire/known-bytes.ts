import { areEqualShort } from "@clew/base";

/** So many bytes are taken of the system at once, for many short pieces. */
const SLAB_BYTES = 65_536;

let slab = new DataView(new ArrayBuffer(SLAB_BYTES));
let slabUsed = 0;

/**
 * A copy of some bytes, to tell whether the same stand somewhere else. They are compared without making an object, which takes
 * half of what it takes to make a string of them and to compare that.
 */
export class KnownBytes {
  readonly byteLength: number;
  readonly #view: DataView;
  readonly #start: number;

  constructor(bytes: Uint8Array) {
    this.byteLength = bytes.length;
    if (bytes.length > SLAB_BYTES) {
      this.#view = new DataView(new ArrayBuffer(bytes.length));
      this.#start = 0;
    } else {
      if (slabUsed + bytes.length > SLAB_BYTES) [slab, slabUsed] = [new DataView(new ArrayBuffer(SLAB_BYTES)), 0];
      this.#view = slab;
      this.#start = slabUsed;
      slabUsed += bytes.length;
    }
    new Uint8Array(this.#view.buffer).set(bytes, this.#start);
  }

  /** Whether they stand at `start`. */
  standAt(view: DataView, start: number): boolean {
    const count = this.byteLength;
    return start + count <= view.byteLength && areEqualShort(view, start, this.#view, this.#start, count);
  }
}
