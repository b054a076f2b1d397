/** Reads ClickHouse's varints, strings and runs of bytes out of pieces, one after the other and without joining them. */
export class ByteReader {
  readonly #chunks: readonly Uint8Array[];
  #chunk = 0;
  #position = 0;

  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
  }

  get atEnd(): boolean {
    this.#skipRead();
    return this.#chunk === this.#chunks.length;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  string(): string {
    return Buffer.concat(this.views(this.varint())).toString("utf8");
  }

  /** The next bytes as views, which share memory with what is read from. Throws where there are fewer. */
  views(length: number): Uint8Array[] {
    const views: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.atEnd) throw new Error("the engine's answer ends in the middle of a column");
      const view = this.#chunks[this.#chunk]!.subarray(this.#position, this.#position + missing);
      views.push(view);
      this.#position += view.length;
      missing -= view.length;
    }
    return views;
  }

  #byte(): number {
    if (this.atEnd) throw new Error("the engine's answer ends in the middle of a block");
    return this.#chunks[this.#chunk]![this.#position++]!;
  }

  #skipRead(): void {
    while (this.#chunk < this.#chunks.length && this.#position === this.#chunks[this.#chunk]!.length) {
      this.#chunk++;
      this.#position = 0;
    }
  }
}
