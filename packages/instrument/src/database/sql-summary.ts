/**
 * What may be told of an SQL statement: its text without literals, and a short name for it.
 * Source: semantic conventions, "Database spans, sanitization" and "Generating a summary".
 */

export interface SqlSummary {
  /** The statement with every literal replaced by `?`. */
  readonly text: string;
  /** `SELECT users`, at most 255 characters; the span's name. */
  readonly summary: string;
  /** The first word, in capitals. */
  readonly operation: string;
}

/** So many statements are remembered; applications use few, but some write values into them. */
const MAX_REMEMBERED = 1_000;
/** Longer ones are not: what is written by a program, with many values in it, does not come again. */
const MAX_REMEMBERED_LENGTH = 4_096;
const MAX_SUMMARY_LENGTH = 255;
/** Longer statements are cut before they are looked at. */
const MAX_STATEMENT_LENGTH = 16_384;

/** How literals are written: as SQL has it, or as MySQL does, with backslashes, and in double quotes too. */
export type SqlDialect = "standard" | "mysql";

const COMMENT = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const ESCAPED_STRING = String.raw`'(?:[^'\\]|''|\\[\s\S])*(?:'|$)`;
const STRINGS: Readonly<Record<SqlDialect, string>> = {
  // In E'' only a backslash escapes; $$ … $$ and $tag$ … $tag$ hold anything.
  standard: String.raw`\bE${ESCAPED_STRING}|(?:\b[NBX]|\bU&)?'(?:[^']|'')*(?:'|$)|(\$\w*\$)[\s\S]*?(?:\1|$)`,
  mysql: String.raw`(?:\b[NBX])?${ESCAPED_STRING}|"(?:[^"\\]|""|\\[\s\S])*(?:"|$)`,
};
// Matched so that what is inside of them, or looks like a number in them, is left alone.
const NAME = String.raw`"(?:[^"]|"")*"|\x60[^\x60]*\x60|[$@:#]\w+`;
const NUMBER = String.raw`\b0x[\da-f]+\b|(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\b`;
const TOKENS: Readonly<Record<SqlDialect, RegExp>> = {
  standard: new RegExp([COMMENT, STRINGS.standard, NAME, NUMBER].join("|"), "gi"),
  mysql: new RegExp([COMMENT, STRINGS.mysql, NAME, NUMBER].join("|"), "gi"),
};
const OPERATION = /\b(SELECT|INSERT|UPDATE|DELETE|MERGE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|CALL|EXEC(?:UTE)?)\b/i;
const TARGET =
  /\b(?:FROM|INTO|UPDATE|JOIN|TABLE|CALL|EXEC(?:UTE)?)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+|ONLY\s+)?((?:[\w$.]|"[^"]*"|`[^`]*`|\[[^\]]*\])+)/gi;

// statement as it was sent --> what may be told of it
const remembered: Readonly<Record<SqlDialect, Map<string, SqlSummary>>> = { standard: new Map(), mysql: new Map() };

/** Never throws, whatever the text; asked again for the same text, it answers from memory. */
export function summarizeSql(statement: string, dialect: SqlDialect = "standard"): SqlSummary {
  if (statement.length > MAX_REMEMBERED_LENGTH) return summarize(statement.slice(0, MAX_STATEMENT_LENGTH), dialect);
  const memory = remembered[dialect];
  const known = memory.get(statement);
  if (known !== undefined) return known;
  const made = summarize(statement, dialect);
  if (memory.size >= MAX_REMEMBERED) memory.clear();
  memory.set(statement, made);
  return made;
}

function summarize(statement: string, dialect: SqlDialect): SqlSummary {
  const text = statement.replace(TOKENS[dialect], (token) => withoutLiteral(token, dialect)).trim();
  const operation = (/^\(*\s*(\w+)/.exec(text)?.[1] ?? "").toUpperCase();
  // `WITH … SELECT` is told by what it does.
  const main = operation === "WITH" ? (OPERATION.exec(text)?.[1]?.toUpperCase() ?? operation) : operation;
  const targets = new Set<string>();
  for (const [, target] of text.matchAll(TARGET)) if (target !== undefined && !isKeyword(target)) targets.add(target);
  const summary = [main, ...targets].join(" ").slice(0, MAX_SUMMARY_LENGTH);
  return { text, summary, operation: main };
}

function withoutLiteral(token: string, dialect: SqlDialect): string {
  if (token.startsWith("--") || token.startsWith("/*")) return " ";
  const first = token[0] as string;
  if (first === '"') return dialect === "standard" ? token : "?";
  if (first === "`" || first === "@" || first === ":" || first === "#") return token;
  // `$1` is a parameter, `$$ … $$` a string.
  if (first === "$" && token.lastIndexOf("$") === 0) return token;
  return "?";
}

function isKeyword(word: string): boolean {
  return /^(?:SELECT|SET|LATERAL|VALUES|ONLY)$/i.test(word);
}
