import { randomInt } from "node:crypto";
import { areEqualShort, hashShort } from "@clew/base";
import { ByteBuffer } from "./byte-buffer.ts";
import type { ByteSource } from "./byte-source.ts";

const INITIAL_SLOTS = 256;
/** So that nobody can choose texts that meet in one slot. */
const SEED = randomInt(2 ** 32);

/**
 * The distinct strings of a LowCardinality column, found by their bytes: an open-addressed
 * hash table over one buffer that is already in the format of the block. Index 0 is the
 * empty string.
 *
 *     slots   hash & mask --> index
 *     starts  index --> where the text starts in `#texts`, behind its varint length
 */
export class Dictionary {
  readonly #texts = new ByteBuffer();
  #slots = new Int32Array(INITIAL_SLOTS).fill(-1);
  #hashes = new Int32Array(INITIAL_SLOTS);
  #starts = new Int32Array(INITIAL_SLOTS);
  #lengths = new Int32Array(INITIAL_SLOTS);
  size = 0;

  constructor() {
    this.#insertEmpty();
  }

  /** The index of `source[start, end)`, added if it is new. */
  find(source: ByteSource, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return 0;
    const hash = hashShort(source.dataView, start, length, SEED);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let index = this.#slots[slot]!; index >= 0; index = this.#slots[slot]!) {
      if (this.#hashes[index] === hash && this.#lengths[index] === length && this.#equals(index, source, start))
        return index;
      slot = (slot + 1) & mask;
    }
    return this.#insert(slot, hash, source, start, end);
  }

  /** Whether `source[start, end)` is the text with this index. */
  holds(index: number, source: ByteSource, start: number, end: number): boolean {
    return index < this.size && this.#lengths[index] === end - start && this.#equals(index, source, start);
  }

  view(): Uint8Array {
    return this.#texts.view();
  }

  reset(): void {
    this.#texts.reset();
    this.#slots.fill(-1);
    this.size = 0;
    this.#insertEmpty();
  }

  #equals(index: number, source: ByteSource, start: number): boolean {
    return areEqualShort(this.#texts.dataView, this.#starts[index]!, source.dataView, start, this.#lengths[index]!);
  }

  #insert(slot: number, hash: number, source: ByteSource, start: number, end: number): number {
    const index = this.size++;
    if (index === this.#starts.length) this.#growEntries();
    this.#texts.varint(end - start);
    this.#hashes[index] = hash;
    this.#starts[index] = this.#texts.length;
    this.#lengths[index] = end - start;
    this.#texts.copy(source, start, end);
    this.#slots[slot] = index;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return index;
  }

  /** Found by its length alone, so it has no slot. */
  #insertEmpty(): void {
    this.#texts.u8(0);
    this.#starts[0] = 1;
    this.#lengths[0] = 0;
    this.size = 1;
  }

  #growEntries(): void {
    this.#hashes = doubled(this.#hashes);
    this.#starts = doubled(this.#starts);
    this.#lengths = doubled(this.#lengths);
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 1; index < this.size; index++) {
      let slot = this.#hashes[index]! & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
