/** Converters that ask for a value's kind, or change it. */
import type { Getter } from "../context.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { fmtFloat } from "../format/fmt.ts";
import { Duration, goType, Id, isMap, Messages, Time, type OttlValue } from "../ottl-value.ts";
import {
  boolLike,
  floatLike,
  int,
  intLike,
  lengthOf,
  listOf,
  parseInteger,
  string,
  stringLike,
  value,
} from "../parameters.ts";

function question(name: string, answer: (one: OttlValue) => boolean): FunctionDefinition {
  return define(name, { target: value }, (args) => (context) => answer(args.target(context)));
}

function conversionTo(name: string, target: typeof intLike | typeof floatLike | typeof boolLike): FunctionDefinition {
  return define(name, { target }, (args) => {
    const getter: Getter<OttlValue | undefined> = args.target;
    return (context) => getter(context) ?? null;
  });
}

function isEmpty(one: OttlValue): boolean {
  switch (typeof one) {
    case "string":
      return one === "";
    case "bigint":
      return one === 0n;
    case "number":
      return one === 0;
    case "boolean":
      return !one;
    default:
      if (one === null) return true;
      if (one instanceof Id) return one.bytes.every((byte) => byte === 0);
      if (one instanceof Duration) return one.nanos === 0n;
      if (one instanceof Time) return false;
      return lengthOf(one) === 0;
  }
}

const TYPES =
  "target arg must be of type string, []any, map[string]any, pcommon.Map, pcommon.Slice, pcommon.Value (of type String, Map, Slice) or a supported slice type from the plog, pmetric or ptrace packages";

const len = define("Len", { target: value }, (args) => (context) => {
  const one = args.target(context);
  const length = lengthOf(one);
  if (length === undefined) throw new OttlError(`Len: unsupported target type ${goType(one)}. ${TYPES}`);
  return BigInt(length);
});

const log = define("Log", { target: floatLike }, (args) => (context) => {
  const one = args.target(context);
  if (one === undefined) throw new OttlError("invalid input: <nil>");
  if (one <= 0) throw new OttlError(`invalid input: expected number greater than zero but got ${fmtFloat(one)}`);
  return Math.log(one);
});

const parseInt = define("ParseInt", { target: string, base: int }, (args) => (context) => {
  const one = args.target(context);
  if (one === "") throw new OttlError("invalid target value for ParseInt function, target cannot be empty");
  const base = args.base(context);
  if (base < 0n) {
    throw new OttlError(`invalid base value: ${base} for ParseInt function, base cannot be negative`);
  }
  return parseInteger(one, Number(base));
});

const coalesce = define("Coalesce", { values: listOf(value) }, (args) => {
  if (args.values.length === 0) throw new OttlError("Coalesce requires at least one argument");
  return (context) => {
    for (const one of args.values) {
      const found = one(context);
      if (found !== null) return found;
    }
    return null;
  };
});

const isValidLuhn = define("IsValidLuhn", { target: stringLike }, (args) => (context) => {
  const one = args.target(context);
  if (one === undefined) throw new OttlError("invalid input: <nil>");
  const digits = one.replaceAll(" ", "");
  if (digits === "") return false;
  const wrong = /\D/.exec(Array.from(digits).reverse().join(""))?.[0];
  if (wrong !== undefined) throw new OttlError(`strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`);
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
});

export const KIND_CONVERTERS: readonly FunctionDefinition[] = [
  conversionTo("Bool", boolLike),
  coalesce,
  conversionTo("Double", floatLike),
  conversionTo("Int", intLike),
  question("IsBool", (one) => typeof one === "boolean"),
  question("IsDouble", (one) => typeof one === "number"),
  question("IsEmpty", isEmpty),
  question("IsInt", (one) => typeof one === "bigint"),
  question("IsList", (one) => Array.isArray(one) || one instanceof Messages),
  question("IsMap", isMap),
  question("IsString", (one) => typeof one === "string"),
  isValidLuhn,
  len,
  log,
  parseInt,
];
