export interface CsvOptions {
  readonly delimiter: string;
  readonly lazy_quotes: boolean;
  readonly ignore_quotes: boolean;
}

/** Columns between delimiters, whatever is in them. */
export function splitPlain(line: string, { delimiter }: CsvOptions): string[] {
  return line.split(delimiter);
}

/** Columns as Go's `encoding/csv` reads them: doubled quotes stand for one, newlines may stand in quotes. */
export function splitCsv(line: string, { delimiter, lazy_quotes: isLazy }: CsvOptions): string[] {
  const columns: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      const { text, end } = quoted(line, at + 1, delimiter, isLazy);
      columns.push(text);
      at = end;
    } else {
      const found = line.indexOf(delimiter, at);
      const end = found < 0 ? line.length : found;
      const text = line.slice(at, end);
      if (!isLazy && text.includes('"')) throw new TypeError('parse error: bare " in non-quoted field');
      columns.push(text);
      at = end;
    }
    if (at >= line.length) return columns;
    at++; // the delimiter
  }
}

/** `end` is where the delimiter or the end of the line is. */
function quoted(line: string, start: number, delimiter: string, isLazy: boolean): { text: string; end: number } {
  let text = "";
  for (let at = start; ;) {
    const quote = line.indexOf('"', at);
    if (quote < 0) {
      if (isLazy) return { text: text + line.slice(at), end: line.length };
      throw new TypeError('parse error: extraneous or missing " in quoted-field');
    }
    text += line.slice(at, quote);
    const next = line[quote + 1];
    if (next === undefined || next === delimiter) return { text, end: quote + 1 };
    if (next !== '"' && !isLazy) throw new TypeError('parse error: extraneous or missing " in quoted-field');
    text += '"';
    at = next === '"' ? quote + 2 : quote + 1;
  }
}
