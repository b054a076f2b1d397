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

/** `Str(text)`, `Int(1)`, … */
export function typedText(value: AnyValueObject | undefined): string {
  if (value?.stringValue !== undefined) return `Str(${value.stringValue})`;
  if (value?.boolValue !== undefined) return `Bool(${value.boolValue})`;
  if (value?.intValue !== undefined) return `Int(${value.intValue})`;
  if (value?.doubleValue !== undefined) return `Double(${value.doubleValue})`;
  if (value?.bytesValue !== undefined) return `Bytes(${hex(value.bytesValue)})`;
  if (value?.arrayValue !== undefined) return `Slice(${plainText(value)})`;
  return value?.kvlistValue === undefined ? "Empty()" : `Map(${plainText(value)})`;
}

/** The value alone: text as it is, the rest as JSON. */
export function plainText(value: AnyValueObject | undefined): string {
  const plain = plainOf(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

/** `key=value key=value` */
export function pairsText(attributes: readonly KeyValueObject[]): string {
  return attributes.map(({ key, value }) => `${key}=${plainText(value)}`).join(" ");
}

function plainOf(value: AnyValueObject | undefined): unknown {
  if (value?.intValue !== undefined) return Number(value.intValue);
  if (value?.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString("base64");
  if (value?.arrayValue !== undefined) return value.arrayValue.values.map((item) => plainOf(item));
  if (value?.kvlistValue !== undefined) {
    return Object.fromEntries(value.kvlistValue.values.map((item) => [item.key, plainOf(item.value)]));
  }
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? null;
}
