import { type Attributes, type AttributeValue, diag } from "@opentelemetry/api";

const PRIMITIVES = new Set(["string", "number", "boolean"]);

/** Whether `value` is a string, a number, a boolean, nothing, or an array of one kind of these, with gaps or not. */
export function isAttributeValue(value: unknown): value is AttributeValue {
  if (value === null || value === undefined) return true;
  if (!Array.isArray(value)) return PRIMITIVES.has(typeof value);
  const kinds = new Set(value.filter((item) => item !== null && item !== undefined).map((item) => typeof item));
  return kinds.size <= 1 && [...kinds].every((kind) => PRIMITIVES.has(kind));
}

/** A copy without what is no attribute, of which a warning tells. */
export function sanitizeAttributes(attributes: unknown): Attributes {
  if (typeof attributes !== "object" || attributes === null) return {};
  const kept = Object.entries(attributes as Readonly<Record<string, unknown>>).filter(isAttribute);
  return Object.fromEntries(kept.map(([key, value]) => [key, Array.isArray(value) ? [...(value as never[])] : value]));
}

function isAttribute(entry: [string, unknown]): entry is [string, AttributeValue] {
  const [key, value] = entry;
  if (key !== "" && isAttributeValue(value)) return true;
  diag.warn(`the attribute ${JSON.stringify(key)} is left out: no name, or its value is no attribute`);
  return false;
}
