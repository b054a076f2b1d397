/** Memory for a first short piece. */
const MIN_BYTES = 4 * 1024;
/** Shorter bodies lie together, since memory of its own costs each more than its bytes do. */
const MAX_SHARED_BYTES = 16 * 1024;
const SLAB_BYTES = 64 * 1024;
/** Of a body whose length was announced, so many times what has come may be set aside: an announcement alone costs nothing. */
const MAX_AHEAD = 32;

/**
 * Bytes that arrive in pieces, copied together as they come. A body whose length is known is
 * copied once into memory of that length; one that comes byte by byte holds little more memory
 * than its bytes, not an object for each.
 */
export class CollectedBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #expected = 0;

  get length(): number {
    return this.#length;
  }

  /** So many bytes will come, as far as anybody knows. */
  expect(byteCount: number): void {
    this.#expected = byteCount;
  }

  /** Copies `piece`, unless it is its own and all that is expected. */
  add(piece: Buffer, isOwn = false): void {
    const needed = this.#length + piece.length;
    if (isOwn && piece.length === this.#expected) {
      this.#bytes = piece;
      this.#length = needed;
      return;
    }
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#bytes.set(piece, this.#length);
    this.#length = needed;
  }

  /** All of it in one piece, which holds no memory beside it. */
  take(): Buffer {
    return this.#length === this.#bytes.length ? this.#bytes : Buffer.from(this.start(this.#length));
  }

  /** The first `byteCount` bytes at most, until more come. */
  start(byteCount: number): Buffer {
    return this.#bytes.subarray(0, Math.min(byteCount, this.#length));
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.#expected = 0;
  }

  #grow(needed: number): void {
    const capacity =
      this.#expected >= needed
        ? Math.min(this.#expected, Math.max(MAX_AHEAD * needed, MIN_BYTES))
        : Math.max(2 * needed, MIN_BYTES);
    const larger = memoryOf(capacity);
    larger.set(this.start(this.#length));
    this.#bytes = larger;
  }
}

let slab: Buffer = Buffer.alloc(0);
let slabUsed = 0;

function memoryOf(byteCount: number): Buffer {
  if (byteCount > MAX_SHARED_BYTES) return Buffer.allocUnsafeSlow(byteCount);
  if (slabUsed + byteCount > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed += byteCount;
  return slab.subarray(start, slabUsed);
}
