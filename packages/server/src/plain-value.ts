import type { JsonAnyValue, JsonKeyValue } from "@clew/store";

/** A value as text: JSON for arrays and maps. */
export function plainText(value: JsonAnyValue): string {
  // A number would not hold every one.
  if ("intValue" in value) return value.intValue;
  const plain = plainValue(value) ?? "";
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

/** A value as plain JSON, for people: types are lost where JSON has none. */
export function plainValue(value: JsonAnyValue): unknown {
  if ("arrayValue" in value) return (value.arrayValue as { values: JsonAnyValue[] }).values.map(plainValue);
  if ("kvlistValue" in value) {
    const { values } = value.kvlistValue as { values: JsonKeyValue[] };
    return Object.fromEntries(values.map((entry) => [entry.key, plainValue(entry.value)]));
  }
  if ("intValue" in value) return Number(value.intValue);
  return Object.values(value)[0];
}
