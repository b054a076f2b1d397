import type { PositionRange } from "./ast.ts";
import { queryError, type QueryError } from "./query-error.ts";

/** A mistake in a query's text. Its text begins with the place, as `line:column: parse error: `. */
export function parseError(query: string, position: PositionRange, problem: string): QueryError {
  return queryError("bad_data", `${placeText(query, position.start)}: parse error: ${problem}`, { position });
}

/** `line:column` of an offset, both from 1; the column counts UTF-8 bytes as Prometheus does. */
export function placeText(query: string, offset: number): string {
  if (query === "") return "unknown position";
  const before = query.slice(0, offset);
  const line = before.split("\n").length;
  const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length + 1;
  return `${line}:${column}`;
}
