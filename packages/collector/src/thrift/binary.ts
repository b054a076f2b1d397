/** Thrift's binary protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md). */
import { ByteCursor } from "./byte-cursor.ts";
import {
  malformed,
  MAX_DEPTH,
  ThriftStruct,
  type ThriftMessage,
  type ThriftReader,
  type ThriftValue,
} from "./thrift-value.ts";

const [STOP, BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST] = [
  0, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15,
];
const VERSION_MASK = 0xffff0000;
const VERSION_1 = 0x80010000;

export class BinaryReader implements ThriftReader {
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
    const first = this.#cursor.int32();
    // Before there were versions, the name's length came first.
    const isVersioned = first < 0;
    if (isVersioned && (first & VERSION_MASK) >>> 0 !== VERSION_1) throw malformed("bad version in message header");
    const name = isVersioned ? this.#binary() : this.#cursor.bytes(first);
    if (!isVersioned) this.#cursor.byte();
    this.#cursor.int32();
    return { name: name.toString("utf8"), arguments: this.struct() };
  }

  #struct(depth: number): ThriftStruct {
    const fields = new Map<number, ThriftValue>();
    for (let type = this.#cursor.byte(); type !== STOP; type = this.#cursor.byte()) {
      const id = this.#cursor.int16();
      fields.set(id, this.#value(type, depth + 1));
    }
    return new ThriftStruct(fields);
  }

  #value(type: number, depth: number): ThriftValue {
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    switch (type) {
      case BOOL:
        return this.#cursor.byte() !== 0;
      case BYTE:
        return (this.#cursor.byte() << 24) >> 24;
      case DOUBLE:
        return this.#cursor.doubleBigEndian();
      case I16:
        return this.#cursor.int16();
      case I32:
        return this.#cursor.int32();
      case I64:
        return this.#cursor.int64();
      case STRING:
        return this.#binary();
      case STRUCT:
        return this.#struct(depth);
      case MAP:
        return this.#map(depth);
      case SET:
      case LIST:
        return this.#list(depth);
      default:
        throw malformed(`unknown type ${type}`);
    }
  }

  #binary(): Buffer {
    return this.#cursor.bytes(this.#cursor.int32());
  }

  #list(depth: number): readonly ThriftValue[] {
    const type = this.#cursor.byte();
    const length = this.#cursor.count(this.#cursor.int32());
    return Array.from({ length }, () => this.#value(type, depth + 1));
  }

  /** Nothing that we read has maps: keys and values one after the other. */
  #map(depth: number): readonly ThriftValue[] {
    const [key, value] = [this.#cursor.byte(), this.#cursor.byte()];
    const length = this.#cursor.count(this.#cursor.int32());
    return Array.from({ length }, () => [this.#value(key, depth + 1), this.#value(value, depth + 1)]);
  }
}
