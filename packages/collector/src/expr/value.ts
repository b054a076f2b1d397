/** What expressions work on. Integers are bigints, floats are numbers. */
export type ExprValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly ExprValue[]
  | { readonly [key: string]: ExprValue };

/** The value of a key that is the map's own. */
export function ownValue(map: object, key: string): ExprValue {
  return Object.hasOwn(map, key) ? (map as Record<string, ExprValue>)[key] : undefined;
}

export function isMap(value: unknown): value is { readonly [key: string]: ExprValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The name of the type, as Go prints it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}
