/** What Thrift's protocols carry, read without its interface files: structs are maps by the numbers of their fields. */
import { ClewError } from "@clew/base";

export type ThriftValue = boolean | number | bigint | Buffer | readonly ThriftValue[] | ThriftStruct;

export class ThriftStruct {
  // number of the field --> value
  readonly #fields: ReadonlyMap<number, ThriftValue>;

  constructor(fields: ReadonlyMap<number, ThriftValue>) {
    this.#fields = fields;
  }

  /** The text, or undefined where the field is not set or something else. */
  text(id: number): string | undefined {
    return this.bytes(id)?.toString("utf8");
  }

  bytes(id: number): Buffer | undefined {
    const value = this.#fields.get(id);
    return value instanceof Buffer ? value : undefined;
  }

  int(id: number): number | undefined {
    const value = this.#fields.get(id);
    return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
  }

  long(id: number): bigint | undefined {
    const value = this.#fields.get(id);
    return typeof value === "bigint" ? value : undefined;
  }

  double(id: number): number | undefined {
    const value = this.#fields.get(id);
    return typeof value === "number" ? value : undefined;
  }

  bool(id: number): boolean | undefined {
    const value = this.#fields.get(id);
    return typeof value === "boolean" ? value : undefined;
  }

  struct(id: number): ThriftStruct | undefined {
    const value = this.#fields.get(id);
    return value instanceof ThriftStruct ? value : undefined;
  }

  /** The structs of a list; empty where there is none. */
  structs(id: number): readonly ThriftStruct[] {
    return structsOf(this.#fields.get(id));
  }
}

export function structsOf(value: ThriftValue | undefined): readonly ThriftStruct[] {
  return Array.isArray(value) ? value.filter((one): one is ThriftStruct => one instanceof ThriftStruct) : [];
}

/** How deep structs and lists may nest. */
export const MAX_DEPTH = 32;

/** A call of a service's method. */
export interface ThriftMessage {
  readonly name: string;
  readonly arguments: ThriftStruct;
}

/** A protocol's reader over some bytes. All throw `THRIFT_MALFORMED`. */
export interface ThriftReader {
  struct(): ThriftStruct;
  /** A list on its own, without a struct around it. */
  list(): readonly ThriftValue[];
  message(): ThriftMessage;
}

export function malformed(what: string): ClewError {
  return new ClewError("THRIFT_MALFORMED", what, {
    remedy: "send Thrift in the encoding that the content type or port says",
  });
}
