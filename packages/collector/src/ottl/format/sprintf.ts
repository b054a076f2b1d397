/** Go's `fmt.Sprintf`, for the values that statements have. */
import { goType, Id, type OttlValue } from "../ottl-value.ts";
import { quote } from "../quoted.ts";
import { fmtFloat, fmtValue, withTwoDigits } from "./fmt.ts";

const DIRECTIVE = /%([-+# 0]*)(\d+)?(?:\.(\d*))?(?:\[(\d+)\])?([\s\S]|$)/gu;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** The widest field and the finest precision that a format may ask for. */
const MAX_WIDTH = 10_000;

export function sprintf(format: string, values: readonly OttlValue[]): string {
  let at = 0;
  let isReordered = false;
  const text = format.replaceAll(
    DIRECTIVE,
    (_, flags: string, width = "0", precision: string | undefined, index: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (verb === "") return "%!(NOVERB)";
      if (index !== undefined) {
        at = Number(index) - 1;
        isReordered = true;
        if (at < 0 || at >= values.length) return `%!${verb}(BADINDEX)`;
      }
      if (at >= values.length) return `%!${verb}(MISSING)`;
      const directive = {
        flags,
        width: Math.min(Number(width), MAX_WIDTH),
        precision: precision === undefined ? undefined : Math.min(Number(precision), 100),
        verb,
      };
      return padded(one(directive, values[at++]!), directive);
    },
  );
  const extra = values.slice(at);
  if (isReordered || extra.length === 0) return text;
  return `${text}%!(EXTRA ${extra.map((value) => described(value)).join(", ")})`;
}

function described(value: OttlValue): string {
  return value === null ? "<nil>" : `${goType(value)}=${fmtValue(value)}`;
}

function wrongVerb({ verb }: Directive, value: OttlValue): string {
  return value === null ? `%!${verb}(<nil>)` : `%!${verb}(${described(value)})`;
}

function one(directive: Directive, value: OttlValue): string {
  const { verb, flags } = directive;
  if (verb === "T") return goType(value);
  if (verb === "v")
    return plus(flags, typeof value === "string" && flags.includes("#") ? quote(value) : fmtValue(value), value);
  if (Array.isArray(value)) return `[${value.map((inner) => one(directive, inner as OttlValue)).join(" ")}]`;
  switch (typeof value) {
    case "string":
      return ofText(directive, value);
    case "bigint":
      return ofInt(directive, value);
    case "number":
      return ofFloat(directive, value);
    case "boolean":
      return verb === "t" ? String(value) : wrongVerb(directive, value);
    default:
      if (value instanceof Uint8Array) return ofBytes(directive, value);
      if (value instanceof Id && verb === "x") return fmtValue(value);
      return verb === "s" && value !== null ? fmtValue(value) : wrongVerb(directive, value);
  }
}

function ofText(directive: Directive, value: string): string {
  const { verb, precision } = directive;
  const shown = precision === undefined ? value : Array.from(value).slice(0, precision).join("");
  if (verb === "s") return shown;
  if (verb === "q") return quote(shown);
  if (verb === "x" || verb === "X") return ofBytes(directive, Buffer.from(shown));
  return wrongVerb(directive, value);
}

function ofBytes(directive: Directive, value: Uint8Array): string {
  const bytes = Buffer.from(value);
  if (directive.verb === "x") return bytes.toString("hex");
  if (directive.verb === "X") return bytes.toString("hex").toUpperCase();
  if (directive.verb === "s") return bytes.toString();
  if (directive.verb === "q") return quote(bytes.toString());
  return directive.verb === "d" ? fmtValue(value) : wrongVerb(directive, value);
}

const RADIX: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ""],
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, "0o"],
  x: [16, "0x"],
  X: [16, "0X"],
};

function ofInt(directive: Directive, value: bigint): string {
  const { verb, flags, precision } = directive;
  const radix = RADIX[verb];
  if (radix !== undefined) {
    const size = (value < 0n ? -value : value).toString(radix[0]).padStart(precision ?? 0, "0");
    const prefix = flags.includes("#") || verb === "O" ? radix[1] : "";
    const sign = value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
    return sign + prefix + (verb === "X" ? size.toUpperCase() : size);
  }
  const isCharacter = value >= 0n && value <= 0x10ffffn;
  if (verb === "c") return isCharacter ? String.fromCodePoint(Number(value)) : "\ufffd";
  if (verb === "q") return `'${isCharacter ? String.fromCodePoint(Number(value)) : "\ufffd"}'`;
  if (verb === "U") return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  return wrongVerb(directive, value);
}

function ofFloat(directive: Directive, value: number): string {
  const { verb, flags, precision } = directive;
  if (!/[eEfFgG]/.test(verb)) return wrongVerb(directive, value);
  if (!Number.isFinite(value)) return fmtFloat(value);
  switch (verb.toLowerCase()) {
    case "f":
      return plus(flags, fixed(value, precision ?? 6), value);
    case "e": {
      const text = withTwoDigits(value.toExponential(precision ?? 6));
      return plus(flags, verb === "E" ? text.toUpperCase() : text, value);
    }
    default: {
      const text = precision === undefined ? fmtFloat(value) : general(value, Math.max(precision, 1));
      return plus(flags, verb === "G" ? text.toUpperCase() : text, value);
    }
  }
}

/** JavaScript's `toFixed` gives up at 1e21. */
function fixed(value: number, precision: number): string {
  if (Math.abs(value) < 1e21) return value.toFixed(precision);
  return BigInt(value).toString() + (precision === 0 ? "" : `.${"0".repeat(precision)}`);
}

function general(value: number, precision: number): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(precision - 1).split("e")[1]);
  if (exponent < -4 || exponent >= precision) {
    return withTwoDigits(value.toExponential(precision - 1).replace(/\.?0+e/, "e"));
  }
  const text = value.toFixed(Math.max(0, precision - 1 - exponent));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function plus(flags: string, text: string, value: OttlValue): string {
  const isPositive =
    (typeof value === "number" || typeof value === "bigint") && !text.startsWith("-") && !text.startsWith("+");
  if (!isPositive) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function padded(text: string, { flags, width, verb }: Directive): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  const isNumber = flags.includes("0") && /[dbboOxXeEfFgGv]/.test(verb);
  if (!isNumber) return (flags.includes("0") && verb !== "v" ? "0" : " ").repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
