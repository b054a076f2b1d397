/** Values of a query's parameters, `{name:Type}`. */
export type QueryParameters = Readonly<Record<string, QueryValue>>;

export type QueryValue = string | number | bigint | readonly (string | number | bigint)[];

const ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "'": "\\'", "\\": "\\\\" };

/**
 * A parameter as ClickHouse reads it: escaped as in its TSV, strings in arrays in quotes as well.
 * https://clickhouse.com/docs/interfaces/http#cli-queries-with-parameters
 */
export function queryText(value: QueryValue): string {
  if (typeof value === "string") return escaped(value);
  if (typeof value === "object")
    return `[${value.map((item) => (typeof item === "string" ? `'${escaped(item)}'` : String(item))).join(",")}]`;
  return String(value);
}

function escaped(text: string): string {
  return text.replaceAll(/[\t\n\r'\\]/g, (character) => ESCAPES[character]!);
}
