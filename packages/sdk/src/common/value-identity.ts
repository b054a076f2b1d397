import type { AnyValue } from "./any-value.ts";

/** Text that is the same for the same value, whatever the order of its maps, and for no other: NaN, -0 and infinities differ. */
export function identityOfValue(value: AnyValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") return Object.is(value, -0) ? "-0" : String(value);
  if (value === null) return "null";
  if (value instanceof Uint8Array) return `bytes[${value.join()}]`;
  if (isList(value)) return `[${value.map(identityOfValue).join()}]`;
  const entries = Object.entries(value).sort(byKey);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${identityOfValue(item)}`).join()}}`;
}

function isList(value: object): value is readonly AnyValue[] {
  return Array.isArray(value);
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}
