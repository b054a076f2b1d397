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
const MAX_SUMMARY_LENGTH = 255;
/** Longer statements are cut before they are looked at. */
const MAX_STATEMENT_LENGTH = 16_384;

// Comments, then literals: strings ('', E'', N'', dollar-quoted), hexadecimal and other numbers.
// Names in "" or `` are matched too, so that what is inside of them is left alone.
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?:[ENBX]|U&)?'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|(\$\w*\$)[\s\S]*?(?:\1|$)|"(?:[^"]|"")*"|`[^`]*`|[$@:#]\w+|\b0x[\da-f]+\b|(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\b/gi;
const OPERATION = /\b(SELECT|INSERT|UPDATE|DELETE|MERGE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|CALL|EXEC(?:UTE)?)\b/i;
const TARGET =
  /\b(?:FROM|INTO|UPDATE|JOIN|TABLE|CALL|EXEC(?:UTE)?)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+|ONLY\s+)?((?:[\w$.]|"[^"]*"|`[^`]*`|\[[^\]]*\])+)/gi;

// statement as it was sent --> what may be told of it
const remembered = new Map<string, SqlSummary>();

/** Never throws, whatever the text; asked again for the same text, it answers from memory. */
export function summarizeSql(statement: string): SqlSummary {
  const known = remembered.get(statement);
  if (known !== undefined) return known;
  const made = summarize(statement.slice(0, MAX_STATEMENT_LENGTH));
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(statement, made);
  return made;
}

function summarize(statement: string): SqlSummary {
  const text = statement.replace(TOKEN, withoutLiteral).trim();
  const operation = (/^\(*\s*(\w+)/.exec(text)?.[1] ?? "").toUpperCase();
  // `WITH … SELECT` is told by what it does.
  const main = operation === "WITH" ? (OPERATION.exec(text)?.[1]?.toUpperCase() ?? operation) : operation;
  const targets = new Set<string>();
  for (const [, target] of text.matchAll(TARGET)) if (target !== undefined && !isKeyword(target)) targets.add(target);
  const summary = [main, ...targets].join(" ").slice(0, MAX_SUMMARY_LENGTH);
  return { text, summary, operation: main };
}

function withoutLiteral(token: string): string {
  if (token.startsWith("--") || token.startsWith("/*")) return " ";
  const first = token[0] as string;
  if (first === '"' || first === "`" || first === "@" || first === ":" || first === "#") return token;
  // `$1` is a parameter, `$$ … $$` a string.
  if (first === "$" && token.lastIndexOf("$") === 0) return token;
  return "?";
}

function isKeyword(word: string): boolean {
  return /^(?:SELECT|SET|LATERAL|VALUES|ONLY)$/i.test(word);
}
