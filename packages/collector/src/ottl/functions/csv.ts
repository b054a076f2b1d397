/** One row of comma-separated values, by the rules of Go's `encoding/csv`. */
import { OttlError } from "../ottl-error.ts";

/** The fields. A line end outside quotes goes on with the field before it, as one log line is one row. */
export function readCsvRow(text: string, delimiter: string, isLazy: boolean): string[] {
  const source = text.replaceAll("\r\n", "\n");
  if (source.trim() === "" && !source.includes(delimiter)) throw new OttlError("no csv lines found");
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const { field, end } =
      source[at] === '"' ? quoted(source, at, delimiter, isLazy) : bare(source, at, delimiter, isLazy);
    fields.push(field);
    if (end >= source.length) return fields;
    if (source[end] === "\n") {
      if (/^\n*$/.test(source.slice(end))) return fields;
      const rest = readCsvRow(source.slice(end).replace(/^\n+/, ""), delimiter, isLazy);
      return [...fields.slice(0, -1), `${fields.at(-1)}\n${rest[0]}`, ...rest.slice(1)];
    }
    at = end + delimiter.length;
  }
}

interface Field {
  readonly field: string;
  readonly end: number;
}

function bare(source: string, start: number, delimiter: string, isLazy: boolean): Field {
  let end = start;
  while (end < source.length && source[end] !== "\n" && !source.startsWith(delimiter, end)) {
    if (source[end] === '"' && !isLazy) throw fault(source, end, 'bare " in non-quoted field');
    end++;
  }
  return { field: source.slice(start, end), end };
}

function quoted(source: string, start: number, delimiter: string, isLazy: boolean): Field {
  let field = "";
  let at = start + 1;
  for (;;) {
    const mark = source.indexOf('"', at);
    if (mark < 0) {
      if (!isLazy) throw fault(source, source.length, 'extraneous or missing " in quoted-field');
      return { field: field + source.slice(at), end: source.length };
    }
    field += source.slice(at, mark);
    const after = mark + 1;
    if (source[after] === '"') {
      field += '"';
      at = after + 1;
    } else if (after >= source.length || source[after] === "\n" || source.startsWith(delimiter, after)) {
      return { field, end: after };
    } else {
      if (!isLazy) throw fault(source, mark, 'extraneous or missing " in quoted-field');
      field += '"';
      at = after;
    }
  }
}

function fault(source: string, at: number, why: string): OttlError {
  const lines = source.slice(0, at).split("\n");
  const column = Buffer.byteLength(lines.at(-1)!) + 1;
  return new OttlError(`read csv line: parse error on line ${lines.length}, column ${column}: ${why}`);
}
