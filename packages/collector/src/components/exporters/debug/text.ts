/** How values and times are printed, as Go prints them. */
import type { AnyValueObject, KeyValueObject } from "@clew/otlp";

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** `2018-12-13 14:51:00.000000001 +0000 UTC` */
export function timeText(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n)).toISOString();
  const fraction = String(unixNano % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${date.slice(0, 10)} ${date.slice(11, 19)}${fraction === "" ? "" : `.${fraction}`} +0000 UTC`;
}

/** A float as Go's `%f`. */
export function fixed(value: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** A float as Go's `%v`: the shortest text that reads back, with an exponent below 1e-4 and from 1e21. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const magnitude = Math.abs(value);
  const text = magnitude !== 0 && magnitude < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** `Str(text)`, `Int(1)`, … */
export function typedText(value: AnyValueObject | undefined): string {
  const text = plainText(value);
  if (value?.stringValue !== undefined) return `Str(${text})`;
  if (value?.boolValue !== undefined) return `Bool(${text})`;
  if (value?.intValue !== undefined) return `Int(${text})`;
  if (value?.doubleValue !== undefined) return `Double(${text})`;
  if (value?.bytesValue !== undefined) return `Bytes(${text})`;
  if (value?.arrayValue !== undefined) return `Slice(${text})`;
  return value?.kvlistValue === undefined ? "Empty()" : `Map(${text})`;
}

/** The value alone: text as it is, bytes in base64, lists and maps as JSON, nothing where there is none. */
export function plainText(value: AnyValueObject | undefined): string {
  if (value?.stringValue !== undefined) return value.stringValue;
  if (value?.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString("base64");
  const json = jsonText(value);
  return json === "null" ? "" : json;
}

/** `key=value`, one for each. */
export function pairs(attributes: readonly KeyValueObject[]): string[] {
  return attributes.map(({ key, value }) => `${key}=${plainText(value)}`);
}

/** As Go's `json.Marshal` writes it: keys in order, integers exact, what HTML would take escaped. */
function jsonText(value: AnyValueObject | undefined): string {
  if (value?.intValue !== undefined) return String(value.intValue);
  if (value?.arrayValue !== undefined) return `[${value.arrayValue.values.map((item) => jsonText(item)).join(",")}]`;
  if (value?.kvlistValue !== undefined) {
    const sorted = [...value.kvlistValue.values].sort((a, b) => (a.key < b.key ? -1 : 1));
    return `{${sorted.map((item) => `${quoted(item.key)}:${jsonText(item.value)}`).join(",")}}`;
  }
  if (value?.doubleValue !== undefined) return floatText(value.doubleValue);
  if (value?.bytesValue !== undefined) return quoted(Buffer.from(value.bytesValue).toString("base64"));
  if (value?.stringValue !== undefined) return quoted(value.stringValue);
  return String(value?.boolValue ?? null);
}

const ESCAPED: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character] ?? character);
}
