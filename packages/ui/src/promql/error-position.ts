/** Where in a query Prometheus found fault: its errors begin with `line:column:`, counted from 1. */
export interface PromqlError {
  readonly message: string;
  /** Undefined where the error tells no place. */
  readonly at: { readonly line: number; readonly column: number } | undefined;
}

export function promqlError(text: string): PromqlError {
  const message = text.replace(/^invalid parameter "query": /, "");
  const [whole, line, column] = /^(\d+):(\d+): /.exec(message) ?? [];
  if (whole === undefined) return { message, at: undefined };
  return { message: message.slice(whole.length), at: { line: Number(line), column: Number(column) } };
}
