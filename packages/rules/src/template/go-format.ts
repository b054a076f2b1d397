/** Go's `fmt.Sprintf` and `fmt.Sprint`, for the values that templates have. */
import { goGeneralText } from "@clew/query";
import { StringMap, Structure, typeName, type Value, valueText } from "./values.ts";

/** Width and precision are no larger than this, so that a template can't ask for a text without end. */
const LARGEST_WIDTH = 10_000;
/** JavaScript writes out no more digits. */
const MOST_PLACES = 100;
const DIRECTIVE = /%([-+# 0]*)(\*|\d*)(?:(\.)(\*|\d*))?([\s\S]?)/gu;

interface Spec {
  readonly flags: string;
  readonly width: number;
  /** Absent where the directive has none. */
  readonly precision: number | undefined;
}

/** `fmt.Sprintf`; what does not fit is told in the text, as Go does: `%!d(string=hi)`. */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0;
  let rest = 0;
  let text = "";
  const number = (digits: string | undefined): number => Number(digits === "*" ? args[next++] : (digits ?? 0));
  for (const found of format.matchAll(DIRECTIVE)) {
    const [whole, flags = "", width, point, precision, verb = ""] = found;
    text += format.slice(rest, found.index);
    rest = found.index + whole.length;
    const wide = Math.min(number(width) || 0, LARGEST_WIDTH);
    const precise = point === undefined ? undefined : Math.min(number(precision) || 0, LARGEST_WIDTH);
    const spec = { flags: wide < 0 ? `${flags}-` : flags, width: Math.abs(wide), precision: precise };
    if (verb === "%") text += "%";
    else if (verb === "") text += "%!(NOVERB)";
    else if (next >= args.length) text += `%!${verb}(MISSING)`;
    else text += formatted(verb, args[next++], spec);
  }
  const extra = args.slice(next).map((one) => (one === undefined ? "<nil>" : `${typeName(one)}=${valueText(one)}`));
  return text + format.slice(rest) + (extra.length > 0 ? `%!(EXTRA ${extra.join(", ")})` : "");
}

/** `fmt.Sprint`: a space between two neighbours neither of which is a string. */
export function sprint(values: readonly Value[]): string {
  return values
    .map((value, i) => {
      const spaced = i > 0 && typeof value !== "string" && typeof values[i - 1] !== "string";
      return (spaced ? " " : "") + valueText(value);
    })
    .join("");
}

function formatted(verb: string, value: Value, spec: Spec): string {
  if (verb === "T") return padded(typeName(value), spec);
  if (value === undefined) return verb === "v" ? padded("<nil>", spec) : `%!${verb}(<nil>)`;
  if (Array.isArray(value)) return `[${value.map((one: Value) => formatted(verb, one, spec)).join(" ")}]`;
  const text = textFor(verb, value, spec);
  return text ?? `%!${verb}(${typeName(value)}=${valueText(value)})`;
}

function textFor(verb: string, value: Exclude<Value, undefined>, spec: Spec): string | undefined {
  if (typeof value === "number") return floatText(verb, value, spec);
  if (typeof value === "bigint") return integerText(verb, value, spec);
  if (typeof value === "boolean") return verb === "v" || verb === "t" ? padded(String(value), spec) : undefined;
  if (typeof value === "string") return stringText(verb, value, spec);
  if (value instanceof StringMap || value instanceof Structure)
    return verb === "v" || verb === "s" ? padded(valueText(value), spec) : undefined;
  return undefined;
}

function stringText(verb: string, value: string, spec: Spec): string | undefined {
  const cut = spec.precision === undefined ? value : Array.from(value).slice(0, spec.precision).join("");
  if (verb === "v" || verb === "s") return padded(cut, { ...spec, flags: spec.flags.replaceAll("0", "") });
  if (verb === "q") return padded(JSON.stringify(cut), spec);
  const hex = verb === "x" || verb === "X" ? Buffer.from(cut).toString("hex") : undefined;
  if (hex !== undefined) return padded(verb === "X" ? hex.toUpperCase() : hex, spec);
  return undefined;
}

const BASES: Readonly<Record<string, number>> = { d: 10, v: 10, x: 16, X: 16, o: 8, b: 2 };

function integerText(verb: string, value: bigint, spec: Spec): string | undefined {
  if (verb === "c") return padded(String.fromCodePoint(Number(value)), spec);
  const base = BASES[verb];
  if (base === undefined) return undefined;
  const digits = (value < 0n ? -value : value).toString(base).padStart(spec.precision ?? 0, "0");
  return signed(value < 0n, verb === "X" ? digits.toUpperCase() : digits, spec);
}

function floatText(verb: string, value: number, spec: Spec): string | undefined {
  const lower = verb.toLowerCase();
  if (!["e", "f", "g", "v"].includes(lower)) return undefined;
  if (!Number.isFinite(value)) return padded(goGeneralText(value), { ...spec, flags: spec.flags.replaceAll("0", "") });
  const negative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  const digits =
    lower === "f"
      ? fixed(size, spec.precision ?? 6)
      : lower === "e"
        ? exponential(size, spec.precision ?? 6)
        : general(size, spec.precision);
  return signed(negative, verb === "E" || verb === "G" ? digits.toUpperCase() : digits, spec);
}

/** `%.Ng`: at most N digits that count, with an exponent where it is below -4 or from N on. */
export function general(size: number, precision: number | undefined): string {
  if (precision === undefined) return goGeneralText(size);
  const digits = Math.min(precision === 0 ? 1 : precision, MOST_PLACES);
  const exponent = size === 0 ? 0 : Number(size.toExponential(digits - 1).split("e")[1]);
  const withoutZeros = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < digits) return withoutZeros(fixed(size, digits - 1 - exponent));
  const [mantissa = "", power = ""] = exponential(size, digits - 1).split("e");
  return `${withoutZeros(mantissa)}e${power}`;
}

/** Beyond 1e21 JavaScript's `toFixed` gives an exponent; such a float is a whole number, which a bigint writes out. */
function fixed(size: number, precision: number): string {
  const places = Math.min(precision, MOST_PLACES);
  if (size < 1e21) return toEven(size.toFixed(places), size.toFixed(MOST_PLACES), places);
  return places === 0 ? BigInt(size).toString() : `${BigInt(size)}.${"0".repeat(places)}`;
}

function exponential(size: number, precision: number): string {
  const places = Math.min(precision, MOST_PLACES);
  const [mantissa = "", power = ""] = size.toExponential(places).split("e");
  const [exactMantissa = "", exactPower = ""] = size.toExponential(MOST_PLACES).split("e");
  const isRenormed = power !== exactPower;
  const even = isRenormed ? mantissa : toEven(mantissa, exactMantissa, places);
  return `${even}e${power.replace(/^([-+])(\d)$/, "$10$2")}`;
}

/** JavaScript rounds what lies exactly between two texts up, Go to the even one. */
function toEven(rounded: string, exact: string, places: number): string {
  const kept = exact.slice(0, exact.indexOf(".") + (places === 0 ? 0 : places + 1));
  const rest = exact.slice(kept.length).replace(".", "");
  return /^50*$/.test(rest) && /[02468]$/.test(kept) ? kept : rounded;
}

function signed(negative: boolean, digits: string, spec: Spec): string {
  const sign = negative ? "-" : spec.flags.includes("+") ? "+" : spec.flags.includes(" ") ? " " : "";
  const fillsWithZeros = spec.flags.includes("0") && !spec.flags.includes("-");
  if (fillsWithZeros) return sign + digits.padStart(spec.width - sign.length, "0");
  return padded(sign + digits, spec);
}

function padded(text: string, { flags, width }: Spec): string {
  const missing = " ".repeat(Math.max(0, width - Array.from(text).length));
  return flags.includes("-") ? text + missing : missing + text;
}
