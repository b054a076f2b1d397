/** The kinds of parameters that functions have: what an argument must be, and what it is turned into. */
import type { AttributesView, Value } from "@clew/otlp";
import type { Accessor } from "./accessor.ts";
import type { ValueNode } from "./ast.ts";
import type { Compiler, Lambda } from "./compiler.ts";
import { constant, type Context, type Getter } from "./context.ts";
import type { Parameter } from "./function-definition.ts";
import { withTwoDigits } from "./format/fmt.ts";
import { asString, goJson } from "./go-json.ts";
import { OttlError, OttlSyntaxError, OttlTypeError } from "./ottl-error.ts";
import {
  changeable,
  Duration,
  goType,
  isMap,
  Messages,
  storable,
  Time,
  truncated,
  wrongType,
  type OttlMap,
  type OttlValue,
} from "./ottl-value.ts";

type List = readonly OttlValue[];

function parameter<T>(read: (argument: ValueNode, compiler: Compiler) => T): Parameter<T> {
  return { isOptional: false, read };
}

export function optional<T>(inner: Parameter<T>): Parameter<T | undefined> {
  return { ...inner, isOptional: true };
}

/** A getter whose values are converted; a constant at once, so that a wrong one is told at start. */
function converted<T>(convert: (value: OttlValue) => T): Parameter<Getter<T>> {
  const from = (getter: Getter<OttlValue>): Getter<T> => {
    if (getter.constant !== undefined) return constant(convert(getter.constant.value));
    return (context) => convert(getter(context));
  };
  return { isOptional: false, from, read: (argument, compiler) => from(compiler.value(argument)) };
}

/** Anything. */
export const value: Parameter<Getter<OttlValue>> = converted((one) => one);

export const string: Parameter<Getter<string>> = converted(toText);
export const int: Parameter<Getter<bigint>> = converted((one) =>
  typeof one === "bigint" ? one : wrongType("int64", one),
);
export const map: Parameter<Getter<OttlMap>> = converted(toMap);
export const list: Parameter<Getter<List>> = converted(toList);
export const time: Parameter<Getter<Time>> = converted((one) => (one instanceof Time ? one : wrongType("time", one)));
export const duration: Parameter<Getter<Duration>> = converted((one) =>
  one instanceof Duration ? one : wrongType("duration", one),
);

/** Converted if need be; undefined for nil. */
export const stringLike: Parameter<Getter<string | undefined>> = converted(toTextLike);
export const intLike: Parameter<Getter<bigint | undefined>> = converted(toIntLike);
export const floatLike: Parameter<Getter<number | undefined>> = converted(toFloatLike);
export const boolLike: Parameter<Getter<boolean | undefined>> = converted(toBoolLike);
export const bytesLike: Parameter<Getter<Uint8Array | undefined>> = converted(toBytesLike);

export function toText(one: OttlValue): string {
  return typeof one === "string" ? one : wrongType("string", one);
}

export function toMap(one: OttlValue): OttlMap {
  return isMap(one) ? one : wrongType("pcommon.Map", one);
}

export function toList(one: OttlValue): List {
  return Array.isArray(one) ? (one as List) : wrongType("pcommon.Slice", one);
}

export function toTextLike(one: OttlValue): string | undefined {
  if (one === null) return undefined;
  if (typeof one === "string") return one;
  if (one instanceof Uint8Array) return Buffer.from(one).toString("hex");
  return typeof one === "number" ? withTwoDigits(asString(one)) : goJson(one);
}

function toIntLike(one: OttlValue): bigint | undefined {
  if (one === null) return undefined;
  switch (typeof one) {
    case "bigint":
      return one;
    case "number":
      return truncated(one);
    case "boolean":
      return one ? 1n : 0n;
    case "string":
      return parseInteger(one, 10);
    default:
      throw new OttlTypeError(`unsupported type: ${goType(one)}`);
  }
}

export function toFloatLike(one: OttlValue): number | undefined {
  if (one === null) return undefined;
  switch (typeof one) {
    case "bigint":
      return Number(one);
    case "number":
      return one;
    case "boolean":
      return one ? 1 : 0;
    case "string":
      return parseFloat64(one);
    default:
      throw new OttlTypeError(`unsupported type: ${goType(one)}`);
  }
}

function toBoolLike(one: OttlValue): boolean | undefined {
  if (one === null) return undefined;
  switch (typeof one) {
    case "boolean":
      return one;
    case "bigint":
      return one !== 0n;
    case "number":
      return one !== 0;
    case "string":
      if (["1", "t", "T", "TRUE", "true", "True"].includes(one)) return true;
      if (["0", "f", "F", "FALSE", "false", "False"].includes(one)) return false;
      throw new OttlError(`strconv.ParseBool: parsing ${JSON.stringify(one)}: invalid syntax`);
    default:
      throw new OttlTypeError(`unsupported type: ${goType(one)}`);
  }
}

function toBytesLike(one: OttlValue): Uint8Array | undefined {
  if (one === null) return undefined;
  if (one instanceof Uint8Array) return one;
  const bytes = Buffer.alloc(8);
  switch (typeof one) {
    case "string":
      return Buffer.from(one);
    case "boolean":
      return Buffer.from([one ? 1 : 0]);
    case "bigint":
      bytes.writeBigInt64BE(one);
      return bytes;
    case "number":
      bytes.writeDoubleBE(one);
      return bytes;
    default:
      throw new OttlTypeError(`unsupported type: ${goType(one)}`);
  }
}

/** Go's `strconv.ParseInt`: base 0 reads the base from a prefix. */
export function parseInteger(text: string, base: number): bigint {
  const failed = (why: string): OttlError => new OttlError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (base === 1 || base > 36) throw failed(`invalid base ${base}`);
  const [, sign, rest] = /^([+-]?)([\s\S]*)$/.exec(text)!;
  const [digits, radix] = base === 0 ? prefixed(rest!) : [rest!, base];
  const allowed = "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, radix);
  let size = 0n;
  for (const digit of digits.toLowerCase()) {
    const at = allowed.indexOf(digit);
    if (at < 0) throw failed("invalid syntax");
    size = size * BigInt(radix) + BigInt(at);
  }
  if (digits === "") throw failed("invalid syntax");
  const number = sign === "-" ? -size : size;
  if (number !== BigInt.asIntN(64, number)) throw failed("value out of range");
  return number;
}

function prefixed(text: string): [string, number] {
  const match = /^0([xXbBoO])(.*)$/.exec(text);
  const plain = (one: string): string => one.replaceAll(/(?<=[0-9a-zA-Z])_(?=[0-9a-zA-Z])/g, "");
  if (match !== null) return [plain(match[2]!), { x: 16, b: 2, o: 8 }[match[1]!.toLowerCase() as "x" | "b" | "o"]];
  return /^0[0-7_]+$/.test(text) ? [plain(text.slice(1)), 8] : [plain(text), 10];
}

/** Go's `strconv.ParseFloat`. */
function parseFloat64(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
  if (!isNumber) throw new OttlError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw new OttlError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: value out of range`);
}

/** Text that stands in the statement itself. */
export const text: Parameter<string> = parameter((argument) => {
  if (argument.is === "string") return argument.value;
  throw new OttlSyntaxError(argument.offset, "must be a string");
});

/** A whole number that stands in the statement itself. */
export const integer: Parameter<bigint> = parameter((argument) => {
  if (argument.is === "int") return argument.value;
  throw new OttlSyntaxError(argument.offset, "must be an int");
});

/** A number with a fraction that stands in the statement itself. */
export const number: Parameter<number> = parameter((argument) => {
  if (argument.is === "float") return argument.value;
  throw new OttlSyntaxError(argument.offset, "must be a float");
});

/** `true` or `false`, written in the statement itself. */
export const flag: Parameter<boolean> = parameter((argument) => {
  if (argument.is === "boolean") return argument.value;
  throw new OttlSyntaxError(argument.offset, "must be a bool");
});

/** A list whose elements stand in the statement itself. */
export function listOf<T>(item: Parameter<T>): Parameter<readonly T[]> {
  return parameter((argument, compiler) => {
    if (argument.is !== "list") throw new OttlSyntaxError(argument.offset, "must be a list");
    return argument.values.map((one, i) => {
      try {
        return item.read(one, compiler);
      } catch (error) {
        const fault = error instanceof OttlError ? new OttlSyntaxError(one.offset, error.message) : error;
        throw fault instanceof OttlSyntaxError
          ? fault.within(`error while parsing list argument at index ${i}`)
          : fault;
      }
    });
  });
}

/** A list that stands in the statement, or is found in the record. */
export function anyListOf<T>(
  item: Parameter<Getter<T>>,
  convert: (one: OttlValue) => T,
): Parameter<Getter<readonly T[]>> {
  const written = listOf(item);
  return parameter((argument, compiler) => {
    if (argument.is !== "list") {
      const getter = list.read(argument, compiler);
      return (context) => getter(context).map((one) => convert(one));
    }
    const items = written.read(argument, compiler);
    if (items.every((one) => one.constant !== undefined)) return constant(items.map((one) => one.constant!.value));
    return (context) => items.map((one) => one(context));
  });
}

/** A path. */
export const target: Parameter<Accessor> = parameter((argument, compiler) => {
  if (argument.is !== "path") throw new OttlSyntaxError(argument.offset, "must be a path");
  return compiler.accessor(argument.path);
});

/** A path to a map, which is changed by putting a changed one in its place. */
export interface MapTarget {
  /** Attributes themselves, or a copy of another map. */
  get(context: Context): AttributesView | Map<string, Value>;
  set(context: Context, changed: AttributesView | Map<string, Value>): void;
}

export const mapTarget: Parameter<MapTarget> = parameter((argument, compiler) => {
  const accessor = target.read(argument, compiler);
  return {
    get: (context) => changeable(toMap(accessor.get(context))),
    set: (context, changed) => accessor.set(context, changed),
  };
});

/** A path to a list. */
export interface ListTarget {
  get(context: Context): List;
  set(context: Context, changed: List): void;
}

export const listTarget: Parameter<ListTarget> = parameter((argument, compiler) => {
  const accessor = target.read(argument, compiler);
  return {
    get: (context) => toList(accessor.get(context)),
    set: (context, changed) => accessor.set(context, storable(changed)),
  };
});

/** The name of a function that takes one value: `SHA256`. */
export type Conversion = (input: Getter<OttlValue>) => Getter<OttlValue>;

export const conversion: Parameter<Conversion> = parameter((argument, compiler) => {
  if (argument.is !== "function" && argument.is !== "enum") {
    throw new OttlSyntaxError(argument.offset, "invalid function name given");
  }
  const name = argument.is === "enum" ? argument.symbol : argument.name;
  const definition = compiler.definition(name, argument.offset);
  const [parameterName, ...others] = Object.keys(definition.parameters);
  const from = definition.parameters[parameterName ?? ""]?.from;
  if (parameterName === undefined || others.length > 0 || from === undefined) {
    const what = `incorrect number of arguments. Expected: ${Object.keys(definition.parameters).length} Received: 1`;
    throw new OttlSyntaxError(argument.offset, what);
  }
  return (input) => definition.create({ [parameterName]: from(input) }, compiler.environment);
});

export function lambda(arity: number): Parameter<Lambda> {
  return parameter((argument, compiler) => compiler.lambda(argument, arity));
}

/** How many elements a value has; undefined where it is no such thing. */
export function lengthOf(one: OttlValue): number | undefined {
  if (typeof one === "string") return Buffer.byteLength(one);
  if (one instanceof Uint8Array || Array.isArray(one)) return one.length;
  if (one instanceof Messages) return one.views.length;
  return isMap(one) ? one.size : undefined;
}
