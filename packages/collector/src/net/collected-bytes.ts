/** Pieces from this size on are kept where they lie; shorter ones are copied together. */
const MIN_PIECE_BYTES = 4 * 1024;

/**
 * Bytes that arrive in pieces. A body that comes in one piece is never copied; one that comes
 * byte by byte holds little more memory than its bytes, not an object for each.
 */
export class CollectedBytes {
  readonly #pieces: Buffer[] = [];
  // Short pieces, copied together; they come after `#pieces`.
  #tail: Buffer = Buffer.alloc(0);
  #tailLength = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Shares memory with `piece`. */
  add(piece: Buffer): void {
    const isFirst = this.#length === 0;
    this.#length += piece.length;
    if (isFirst || piece.length >= MIN_PIECE_BYTES) {
      this.#closeTail();
      this.#pieces.push(piece);
      return;
    }
    if (this.#pieces.length === 1 && this.#pieces[0]!.length < MIN_PIECE_BYTES) this.#copy(this.#pieces.pop()!);
    this.#copy(piece);
  }

  /** All of it in one piece. */
  take(): Buffer {
    this.#closeTail();
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#length);
  }

  /** The first `byteCount` bytes at most, copied. */
  start(byteCount: number): Buffer {
    return Buffer.concat([...this.#pieces.slice(0, byteCount), this.#tail.subarray(0, this.#tailLength)]).subarray(
      0,
      byteCount,
    );
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#tail = Buffer.alloc(0);
    this.#tailLength = 0;
    this.#length = 0;
  }

  #copy(piece: Buffer): void {
    const needed = this.#tailLength + piece.length;
    if (needed > this.#tail.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * needed, MIN_PIECE_BYTES));
      this.#tail.copy(larger, 0, 0, this.#tailLength);
      this.#tail = larger;
    }
    piece.copy(this.#tail, this.#tailLength);
    this.#tailLength = needed;
  }

  #closeTail(): void {
    if (this.#tailLength === 0) return;
    this.#pieces.push(this.#tail.subarray(0, this.#tailLength));
    this.#tail = Buffer.alloc(0);
    this.#tailLength = 0;
  }
}
