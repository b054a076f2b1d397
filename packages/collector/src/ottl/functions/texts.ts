/** Converters of texts. */
import { define, type FunctionDefinition } from "../function-definition.ts";
import { sprintf } from "../format/sprintf.ts";
import { OttlError } from "../ottl-error.ts";
import { goType, type OttlValue } from "../ottl-value.ts";
import {
  anyListOf,
  bytesLike,
  flag,
  int,
  listOf,
  optional,
  string,
  stringLike,
  text,
  toTextLike,
  value,
} from "../parameters.ts";
import { patternFrom } from "../pattern.ts";
import { decoderOf, encodeBase64 } from "./encodings.ts";
import { camelCase, snakeCase } from "./letter-case.ts";

const CASES: Readonly<Record<string, (one: string) => string>> = {
  lower: (one) => one.toLowerCase(),
  upper: (one) => one.toUpperCase(),
  snake: snakeCase,
  camel: camelCase,
};

function toCase(name: string, change: (one: string) => string): FunctionDefinition {
  return define(name, { target: string }, (args) => (context) => change(args.target(context)));
}

const convertCase = define("ConvertCase", { target: string, toCase: text }, (args) => {
  const change = CASES[args.toCase];
  if (change === undefined) {
    throw new OttlError(`invalid case: ${args.toCase}, allowed cases are: lower, upper, snake, camel`);
  }
  return (context) => change(args.target(context));
});

const base64Encode = define("Base64Encode", { target: string, variant: optional(string) }, (args) => (context) => {
  return encodeBase64(args.target(context), args.variant?.(context) ?? "base64");
});

const decode = define("Decode", { target: value, encoding: string }, (args) => {
  const known = args.encoding.constant === undefined ? undefined : decoderOf(args.encoding.constant.value);
  return (context) => {
    const one = args.target(context);
    const decoded = known ?? decoderOf(args.encoding(context));
    if (typeof one === "string") return decoded(Buffer.from(one));
    if (one instanceof Uint8Array) return decoded(one);
    throw new OttlError(`unsupported type provided to Decode function: ${goType(one)}`);
  };
});

const concat = define(
  "Concat",
  { vals: anyListOf(stringLike, toTextLike), delimiter: string },
  (args) => (context) =>
    args
      .vals(context)
      .map((one) => one ?? "<nil>")
      .join(args.delimiter(context)),
);

const format = define(
  "Format",
  { format: text, vals: listOf(value) },
  (args) => (context) =>
    sprintf(
      args.format,
      args.vals.map((one) => one(context)),
    ),
);

const hasPrefix = define(
  "HasPrefix",
  { target: string, prefix: string },
  (args) => (context) => args.target(context).startsWith(args.prefix(context)),
);
const hasSuffix = define(
  "HasSuffix",
  { target: string, suffix: string },
  (args) => (context) => args.target(context).endsWith(args.suffix(context)),
);

const hex = define(
  "Hex",
  { target: bytesLike },
  (args) => (context) => Buffer.from(args.target(context) ?? []).toString("hex"),
);

const isMatch = define("IsMatch", { target: stringLike, pattern: string }, (args) => {
  const pattern = patternFrom("IsMatch", args.pattern);
  return (context) => {
    const compiled = pattern(context);
    const one = args.target(context);
    return one !== undefined && compiled.test(one);
  };
});

const extractPatterns = define("ExtractPatterns", { target: string, pattern: string }, (args) => {
  const pattern = patternFrom("ExtractPatterns", args.pattern);
  return (context) => {
    const compiled = pattern(context);
    if (!/\(\?<[A-Za-z_]/.test(compiled.source)) {
      throw new OttlError("at least 1 named capture group must be supplied in the given regex");
    }
    const groups = compiled.exec(args.target(context))?.groups ?? {};
    return new Map(Object.entries(groups).map(([name, found]) => [name, found ?? ""]));
  };
});

const split = define("Split", { target: string, delimiter: string }, (args) => (context) => {
  const delimiter = args.delimiter(context);
  const one = args.target(context);
  return delimiter === "" ? Array.from(one) : one.split(delimiter);
});

const asText = define("String", { target: stringLike }, (args) => (context) => args.target(context) ?? null);

const substring = define(
  "Substring",
  { target: string, start: int, length: int, utf8Safe: optional(flag) },
  (args) => (context) => {
    const start = args.start(context);
    if (start < 0n) throw new OttlError(`invalid start for substring function, ${start} cannot be negative`);
    const length = args.length(context);
    if (length <= 0n) {
      throw new OttlError(`invalid length for substring function, ${length} cannot be negative or zero`);
    }
    const bytes = Buffer.from(args.target(context));
    if (start + length > BigInt(bytes.length)) {
      throw new OttlError(
        `invalid range for substring function, start(${start})+length(${length}) cannot be greater than the length of target string(${bytes.length})`,
      );
    }
    return cut(bytes, Number(start), Number(start + length), args.utf8Safe ?? false);
  },
);

function cut(bytes: Buffer, start: number, end: number, isSafe: boolean): string {
  if (!isSafe) return bytes.toString("utf8", start, end);
  const isInside = (at: number): boolean => at < bytes.length && (bytes[at]! & 0xc0) === 0x80;
  while (isInside(start)) start++;
  while (start < end && isInside(end)) end--;
  return bytes.toString("utf8", start, Math.max(start, end));
}

const trim = define("Trim", { target: string, replacement: optional(text) }, (args) => {
  const cutset = new Set(args.replacement ?? " ");
  return (context) => {
    const characters = Array.from(args.target(context));
    const first = characters.findIndex((one) => !cutset.has(one));
    const last = characters.findLastIndex((one) => !cutset.has(one));
    return first < 0 ? "" : characters.slice(first, last + 1).join("");
  };
});

const trimPrefix = define("TrimPrefix", { target: string, prefix: string }, (args) => (context) => {
  const one = args.target(context);
  const prefix = args.prefix(context);
  return one.startsWith(prefix) ? one.slice(prefix.length) : one;
});

const trimSuffix = define("TrimSuffix", { target: string, suffix: string }, (args) => (context): OttlValue => {
  const one = args.target(context);
  const suffix = args.suffix(context);
  return suffix !== "" && one.endsWith(suffix) ? one.slice(0, -suffix.length) : one;
});

export const TEXT_CONVERTERS: readonly FunctionDefinition[] = [
  base64Encode,
  concat,
  convertCase,
  decode,
  extractPatterns,
  format,
  hasPrefix,
  hasSuffix,
  hex,
  isMatch,
  split,
  asText,
  substring,
  toCase("ToCamelCase", camelCase),
  toCase("ToLowerCase", CASES["lower"]!),
  toCase("ToSnakeCase", snakeCase),
  toCase("ToUpperCase", CASES["upper"]!),
  trim,
  trimPrefix,
  trimSuffix,
];
