/** SQL without its literals: the text around them stays as it is. */

// In the order in which they are tried. Whatever matches none is copied.
const COMMENT = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const DOLLAR_QUOTED = /\$([A-Za-z_]*)\$([\s\S]*?)(?:\$\1\$|$)/y;
const STRING = /[NnEeXxBb]?'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|""|\\[\s\S])*(?:"|$)/y;
const QUOTED_NAME = /`[^`]*(?:`|$)|\[[^\]\n]*\]/y;
const PARAMETER = /\$\d+|[:@][A-Za-z_]\w*/y;
const NUMBER = /[+-]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$#\u0080-\uffff]*/y;
const PATTERNS = [COMMENT, DOLLAR_QUOTED, STRING, DOUBLE_QUOTED, QUOTED_NAME, PARAMETER, NUMBER, WORD] as const;

const LITERAL_WORDS: ReadonlySet<string> = new Set(["TRUE", "FALSE", "NULL"]);

/** `?` for every literal and for digits in names. With `quotesAreText`, what stands in double quotes is a literal, as MySQL has it. */
export function obfuscateSql(query: string, quotesAreText = false): string {
  let result = "";
  for (let at = 0; at < query.length;) {
    const [pattern, match] = matchAt(query, at);
    if (match === undefined) result += query[at++];
    else {
      result += replaced(pattern, match, quotesAreText);
      at += match[0].length;
    }
  }
  return result;
}

function matchAt(query: string, at: number): [RegExp | undefined, RegExpExecArray | undefined] {
  for (const pattern of PATTERNS) {
    // A sign belongs to a number only where it cannot be an operator.
    if (pattern === NUMBER && isSign(query[at]) && /[\w)\]'"`]\s*$/.test(query.slice(Math.max(0, at - 20), at)))
      continue;
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match !== null) return [pattern, match];
  }
  return [undefined, undefined];
}

function isSign(char: string | undefined): boolean {
  return char === "-" || char === "+";
}

function replaced(pattern: RegExp | undefined, match: RegExpExecArray, quotesAreText: boolean): string {
  const [text, tag, inner] = match;
  if (pattern === STRING || pattern === NUMBER) return "?";
  if (pattern === DOLLAR_QUOTED)
    return tag === "func" ? `$func$${obfuscateSql(inner ?? "", quotesAreText)}$func$` : "?";
  if (pattern === DOUBLE_QUOTED) return quotesAreText ? "?" : withoutDigits(text);
  if (pattern === PARAMETER) return text.startsWith("$") ? "?" : text;
  if (pattern === COMMENT) return text;
  return LITERAL_WORDS.has(text.toUpperCase()) ? "?" : withoutDigits(text);
}

function withoutDigits(name: string): string {
  return name.replace(/\d+/g, "?");
}
