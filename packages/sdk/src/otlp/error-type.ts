/** `error.type` of an export that was not answered in time. */
export const TIMEOUT = "timeout";

/** `error.type` of what was thrown: the system's code, such as `ECONNREFUSED`, else the error's name. */
export function errorTypeOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return "_OTHER";
  const { code, name } = thrown as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "_OTHER";
}
