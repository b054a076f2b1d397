/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), decompressed up to a
 * limit. Their checksums are passed over: what comes out is validated as OTLP anyway.
 */
const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a50;
const HAS_DICTIONARY = 0x01;
const HAS_CONTENT_CHECKSUM = 0x04;
const HAS_CONTENT_SIZE = 0x08;
const HAS_BLOCK_CHECKSUM = 0x10;
const IS_UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;
const CHECKSUM_BYTES = 4;

export class Lz4Error extends Error {}

/** Throws `Lz4Error`, or what `tooLarge` returns above `limitBytes`. */
export function lz4Decompress(compressed: Buffer, limitBytes: number, tooLarge: () => Error): Buffer {
  return new Lz4Reader(compressed, limitBytes, tooLarge).frames();
}

class Lz4Reader {
  readonly #in: Buffer;
  readonly #limitBytes: number;
  readonly #tooLarge: () => Error;
  #position = 0;
  #out: Buffer;
  #length = 0;

  constructor(compressed: Buffer, limitBytes: number, tooLarge: () => Error) {
    this.#in = compressed;
    this.#limitBytes = limitBytes;
    this.#tooLarge = tooLarge;
    this.#out = Buffer.allocUnsafe(Math.min(limitBytes, 4 * compressed.length));
  }

  frames(): Buffer {
    while (this.#position < this.#in.length) this.#frame();
    return this.#out.subarray(0, this.#length);
  }

  #frame(): void {
    const magic = this.#uint32();
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.#skip(this.#uint32());
      return;
    }
    if (magic !== MAGIC) throw new Lz4Error("lz4: bad magic number");
    const flags = this.#byte();
    if (flags >> 6 !== 1) throw new Lz4Error("lz4: unsupported version");
    if ((flags & HAS_DICTIONARY) !== 0) throw new Lz4Error("lz4: unknown dictionary");
    this.#skip(1 + ((flags & HAS_CONTENT_SIZE) === 0 ? 0 : 8) + 1);
    const start = this.#length;
    for (let size = this.#uint32(); size !== 0; size = this.#uint32()) {
      this.#block(size, start);
      if ((flags & HAS_BLOCK_CHECKSUM) !== 0) this.#skip(CHECKSUM_BYTES);
    }
    if ((flags & HAS_CONTENT_CHECKSUM) !== 0) this.#skip(CHECKSUM_BYTES);
  }

  #block(size: number, frameStart: number): void {
    const length = size & 0x7fffffff;
    const end = this.#position + length;
    if (end > this.#in.length) throw cutShort();
    if ((size & IS_UNCOMPRESSED) !== 0) {
      this.#literals(length);
      return;
    }
    while (this.#position < end) {
      const token = this.#byte();
      this.#literals(this.#lengthOf(token >> 4));
      if (this.#position > end) throw cutShort();
      // The last sequence of a block has no match.
      if (this.#position === end) return;
      const offset = this.#byte() | (this.#byte() << 8);
      if (offset === 0 || offset > this.#length - frameStart) throw new Lz4Error("lz4: bad offset");
      this.#match(offset, this.#lengthOf(token & 15) + MIN_MATCH);
    }
  }

  #lengthOf(nibble: number): number {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const byte = this.#byte();
      length += byte;
      if (byte < 255) return length;
    }
  }

  #literals(count: number): void {
    const end = this.#position + count;
    if (end > this.#in.length) throw cutShort();
    this.#reserve(count);
    this.#in.copy(this.#out, this.#length, this.#position, end);
    this.#length += count;
    this.#position = end;
  }

  /** The match may overlap what it makes. */
  #match(offset: number, count: number): void {
    this.#reserve(count);
    const out = this.#out;
    let to = this.#length;
    const end = to + count;
    for (let from = to - offset; to < end; from++, to++) out[to] = out[from]!;
    this.#length = end;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#limitBytes) throw this.#tooLarge();
    if (needed <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#limitBytes, 2 * needed));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }

  #byte(): number {
    const byte = this.#in[this.#position++];
    if (byte === undefined) throw cutShort();
    return byte;
  }

  #uint32(): number {
    if (this.#position + 4 > this.#in.length) throw cutShort();
    this.#position += 4;
    return this.#in.readUInt32LE(this.#position - 4);
  }

  #skip(count: number): void {
    this.#position += count;
    if (this.#position > this.#in.length) throw cutShort();
  }
}

function cutShort(): Lz4Error {
  return new Lz4Error("lz4: unexpected EOF");
}
