/** Reads header blocks (RFC 7541). One decoder a connection, every block in its order. */
import { HeaderField } from "./header-field.ts";
import { huffmanDecode } from "./huffman.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** How large a dynamic table we let the peer have us keep: the protocol's own default. */
const MAX_TABLE_BYTES = 4_096;

/** The bytes are no header block, or more than may be. The connection cannot go on after it. */
export class HpackError extends Error {}

export class HpackDecoder {
  readonly #maxListBytes: number;
  // Newest last.
  readonly #dynamic: HeaderField[] = [];
  #dynamicBytes = 0;
  #tableLimit = MAX_TABLE_BYTES;
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;
  #isChanged = false;
  // Clients say the same again and again. Forgotten whenever the dynamic table changes.
  #last: { readonly block: Buffer; readonly fields: readonly HeaderField[] } | undefined;

  constructor(maxListBytes: number) {
    this.#maxListBytes = maxListBytes;
  }

  /** Throws `HpackError`. */
  decode(block: Buffer): readonly HeaderField[] {
    const last = this.#last;
    if (last !== undefined && last.block.equals(block)) return last.fields;
    const fields = this.#decode(block);
    if (!this.#isChanged) this.#last = { block: Buffer.from(block), fields };
    return fields;
  }

  #decode(block: Buffer): HeaderField[] {
    this.#bytes = block;
    this.#isChanged = false;
    this.#position = 0;
    const fields: HeaderField[] = [];
    let listBytes = 0;
    while (this.#position < block.length) {
      const first = block[this.#position]!;
      if ((first & 0xe0) === 0x20) {
        if (fields.length > 0) throw new HpackError("table size update after a field");
        this.#resize(this.#integer(5));
        continue;
      }
      const field = first >= 0x80 ? this.#indexed(this.#integer(7)) : this.#literal(first);
      listBytes += field.size;
      if (listBytes > this.#maxListBytes) throw new HpackError(`header list larger than ${this.#maxListBytes} bytes`);
      fields.push(field);
    }
    return fields;
  }

  #literal(first: number): HeaderField {
    const isKept = first >= 0x40;
    const nameIndex = this.#integer(isKept ? 6 : 4);
    const name = nameIndex === 0 ? this.#string() : this.#indexed(nameIndex).name;
    const field = new HeaderField(name, this.#string());
    if (isKept) this.#insert(field);
    return field;
  }

  #indexed(index: number): HeaderField {
    const field =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#dynamic[this.#dynamic.length - (index - STATIC_TABLE.length)];
    if (field === undefined) throw new HpackError(`no header field ${index}`);
    return field;
  }

  #insert(field: HeaderField): void {
    this.#changed();
    this.#dynamic.push(field);
    this.#dynamicBytes += field.size;
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > MAX_TABLE_BYTES) throw new HpackError(`dynamic table of ${bytes} bytes`);
    this.#changed();
    this.#tableLimit = bytes;
    this.#evict();
  }

  #changed(): void {
    this.#isChanged = true;
    this.#last = undefined;
  }

  /** An entry larger than the whole table empties it, which is no error. */
  #evict(): void {
    let evicted = 0;
    while (this.#dynamicBytes > this.#tableLimit) this.#dynamicBytes -= this.#dynamic[evicted++]!.size;
    if (evicted > 0) this.#dynamic.splice(0, evicted);
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#bytes[this.#position++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new HpackError("header block is cut short");
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new HpackError("integer is too large");
  }

  #string(): string {
    const first = this.#bytes[this.#position];
    if (first === undefined) throw new HpackError("header block is cut short");
    const length = this.#integer(7);
    const start = this.#position;
    const end = start + length;
    if (end > this.#bytes.length) throw new HpackError("header block is cut short");
    if (length > this.#maxListBytes) throw new HpackError("string is too large");
    this.#position = end;
    if (first < 128) return this.#bytes.toString("latin1", start, end);
    const text = huffmanDecode(this.#bytes, start, end);
    if (text === undefined) throw new HpackError("broken Huffman code");
    return text;
  }
}
