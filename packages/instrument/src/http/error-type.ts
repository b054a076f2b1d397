/** The `error.type` of what was thrown: its code, else its class. Source: semantic conventions, "error.type". */
export function errorTypeOf(thrown: unknown): string {
  const { code, name } = (thrown ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "_OTHER";
}
