/** Plain JavaScript may give anything where the API wants text; what is written must be text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

export function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}
