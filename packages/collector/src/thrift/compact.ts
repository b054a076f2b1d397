/** Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). */
import { ByteCursor } from "./byte-cursor.ts";
import {
  malformed,
  MAX_DEPTH,
  ThriftStruct,
  type ThriftMessage,
  type ThriftReader,
  type ThriftValue,
} from "./thrift-value.ts";

const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];
const PROTOCOL_ID = 0x82;
const VERSION_1 = 1;
const LONG_LIST = 15;

export class CompactReader implements ThriftReader {
  readonly #cursor: ByteCursor;

  constructor(bytes: Buffer) {
    this.#cursor = new ByteCursor(bytes);
  }

  struct(): ThriftStruct {
    return this.#struct(0);
  }

  list(): readonly ThriftValue[] {
    return this.#list(0);
  }

  message(): ThriftMessage {
    if (this.#cursor.byte() !== PROTOCOL_ID) throw malformed("bad protocol id in message header");
    if ((this.#cursor.byte() & 0x1f) !== VERSION_1) throw malformed("bad version in message header");
    this.#cursor.varint();
    const name = this.#binary().toString("utf8");
    return { name, arguments: this.struct() };
  }

  #struct(depth: number): ThriftStruct {
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (let header = this.#cursor.byte(); (header & 15) !== STOP; header = this.#cursor.byte()) {
      const delta = header >> 4;
      id = delta === 0 ? Number(this.#cursor.zigzag()) : id + delta;
      const type = header & 15;
      // The value of a field that is a boolean is in its type.
      fields.set(id, type === TRUE || type === FALSE ? type === TRUE : this.#value(type, depth + 1));
    }
    return new ThriftStruct(fields);
  }

  #value(type: number, depth: number): ThriftValue {
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    switch (type) {
      case TRUE:
      case FALSE:
        return this.#cursor.byte() === TRUE;
      case BYTE:
        return (this.#cursor.byte() << 24) >> 24;
      case I16:
      case I32:
        return Number(this.#cursor.zigzag());
      case I64:
        return this.#cursor.zigzag();
      case DOUBLE:
        return this.#cursor.doubleLittleEndian();
      case BINARY:
        return this.#binary();
      case LIST:
      case SET:
        return this.#list(depth);
      case MAP:
        return this.#map(depth);
      case STRUCT:
        return this.#struct(depth);
      default:
        throw malformed(`unknown type ${type}`);
    }
  }

  #binary(): Buffer {
    return this.#cursor.bytes(Number(this.#cursor.varint()));
  }

  #list(depth: number): readonly ThriftValue[] {
    const header = this.#cursor.byte();
    const size = header >> 4;
    const length = this.#cursor.count(size === LONG_LIST ? Number(this.#cursor.varint()) : size);
    return Array.from({ length }, () => this.#value(header & 15, depth + 1));
  }

  /** Nothing that we read has maps: keys and values one after the other. */
  #map(depth: number): readonly ThriftValue[] {
    const length = this.#cursor.count(Number(this.#cursor.varint()));
    if (length === 0) return [];
    const types = this.#cursor.byte();
    return Array.from({ length }, () => [this.#value(types >> 4, depth + 1), this.#value(types & 15, depth + 1)]);
  }
}
