import { exprError } from "./expr-error.ts";

export interface Token {
  readonly kind: "number" | "string" | "name" | "operator" | "end";
  readonly text: string;
  /** Of a number or string. */
  readonly value?: string | number | bigint;
  readonly position: number;
}

const TOKEN =
  /\s+|(0[xX][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`)|([$\p{L}_][\p{L}\p{N}_$]*)|(\*\*|\?\?|\?\.|\.\.|&&|\|\||[=!<>]=|#|[-+*/%^<>!?:.,()[\]{}|])|[\s\S]/gu;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };

/** The tokens of an expression. Throws `EXPRESSION_INVALID`. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (const match of source.matchAll(TOKEN)) {
    const [text, number, string, name, operator] = match;
    const position = match.index;
    if (number !== undefined) tokens.push({ kind: "number", text, value: numberOf(number), position });
    else if (string !== undefined) tokens.push({ kind: "string", text, value: stringOf(string), position });
    else if (name !== undefined) tokens.push({ kind: "name", text, position });
    else if (operator !== undefined) tokens.push({ kind: "operator", text, position });
    else if (text.trim() !== "") throw exprError(source, position, `unexpected character ${JSON.stringify(text)}`);
  }
  tokens.push({ kind: "end", text: "", position: source.length });
  return tokens;
}

/** Whole numbers are integers, as in Go. */
function numberOf(text: string): number | bigint {
  const plain = text.replaceAll("_", "");
  return /^(0[xX])?[\da-fA-F]+$/.test(plain) && !/^\d+[eE]\d+$/.test(plain) ? BigInt(plain) : Number(plain);
}

function stringOf(text: string): string {
  const inside = text.slice(1, -1);
  if (text.startsWith("`")) return inside;
  return inside.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([\s\S]))/g,
    (_all, hex: string | undefined, unicode: string | undefined, letter: string | undefined) =>
      letter === undefined
        ? String.fromCharCode(Number.parseInt(hex ?? unicode ?? "", 16))
        : (ESCAPES[letter] ?? letter),
  );
}
