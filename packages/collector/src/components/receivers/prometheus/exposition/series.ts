/**
 * Reads what identifies a series: `name{label="value",…}`, or `{"any name",label="value"}`.
 * Done once a series: later scrapes know it by its text.
 */
import { ClewError } from "@clew/base";
import { METRIC_NAME, type Labels } from "../../../../relabel/labels.ts";

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const QUOTED = /"((?:[^"\\\n\0]|\\[\s\S])*)"/y;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** Throws `SCRAPE_MALFORMED`. A name that stands twice is an error too. */
export function parseSeries(text: string): Labels {
  const labels = new Map<string, string>();
  const cursor = new Cursor(text);
  const name = cursor.take(NAME)?.[0];
  if (name !== undefined) labels.set(METRIC_NAME, name);
  if (cursor.takeText("{")) readLabels(cursor, labels);
  if (!cursor.isAtEnd) throw cursor.expected("the end of the series");
  if (!labels.has(METRIC_NAME)) throw malformed(`metric name not set while parsing: ${JSON.stringify(text)}`);
  return labels;
}

/** The labels of an exemplar, braces included. */
export function parseLabels(text: string): Labels {
  const labels = new Map<string, string>();
  const cursor = new Cursor(text);
  if (!cursor.takeText("{")) throw cursor.expected("{");
  readLabels(cursor, labels);
  return labels;
}

function readLabels(cursor: Cursor, labels: Map<string, string>): void {
  while (!cursor.takeText("}")) {
    const [name, value] = readLabel(cursor, labels.has(METRIC_NAME));
    if (labels.has(name)) throw malformed(`label name ${JSON.stringify(name)} is not unique: invalid sample`);
    labels.set(name, value);
    if (!cursor.takeText(",")) {
      if (!cursor.takeText("}")) throw cursor.expected("comma or right brace");
      return;
    }
  }
}

function readLabel(cursor: Cursor, isNamed: boolean): [string, string] {
  const quoted = cursor.take(QUOTED)?.[1];
  const name = quoted === undefined ? cursor.take(LABEL_NAME)?.[0] : unescaped(quoted);
  if (name === undefined) throw cursor.expected("label name or right brace");
  if (!cursor.takeText("=")) {
    if (quoted !== undefined && !isNamed) return [METRIC_NAME, name];
    throw cursor.expected("equal");
  }
  const value = cursor.take(QUOTED)?.[1];
  if (value === undefined) throw cursor.expected("label value");
  return [name, unescaped(value)];
}

export function unescaped(text: string): string {
  return text.includes("\\") ? text.replaceAll(/\\[n"\\]/g, (escape) => ESCAPES[escape]!) : text;
}

class Cursor {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#skipSpace();
    return this.#position === this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match;
  }

  takeText(expected: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(expected, this.#position)) return false;
    this.#position += expected.length;
    return true;
  }

  expected(what: string): ClewError {
    const got = this.#text.slice(this.#position, this.#position + 20);
    return malformed(`expected ${what}, got ${JSON.stringify(got)} while parsing: ${JSON.stringify(this.#text)}`);
  }

  #skipSpace(): void {
    while (this.#text[this.#position] === " " || this.#text[this.#position] === "\t") this.#position++;
  }
}

export function malformed(what: string): ClewError {
  return new ClewError("SCRAPE_MALFORMED", what, { remedy: "correct what the target exposes" });
}
