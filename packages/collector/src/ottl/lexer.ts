/** Cuts a text into tokens. The rules are tried in this order at every place. */
import { OttlSyntaxError } from "./ottl-error.ts";

export type TokenKind =
  | "bytes"
  | "float"
  | "int"
  | "string"
  | "nil"
  | "not"
  | "or"
  | "and"
  | "compare"
  | "arrow"
  | "sign"
  | "factor"
  | "boolean"
  | "punctuation"
  | "upper"
  | "lower"
  | "underscore"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

const RULES: readonly (readonly [TokenKind | "space", RegExp])[] = [
  ["bytes", /0x[a-fA-F0-9]+/y],
  ["float", /(?:\d+\.\d*|\d*\.\d+)(?:[eE][-+]?\d+)?/y],
  ["int", /\d+/y],
  ["string", /"(?:\\[^\n]|[^\\"])*"/y],
  ["nil", /nil\b/y],
  ["not", /not\b/y],
  ["or", /or\b/y],
  ["and", /and\b/y],
  ["compare", /==|!=|>=|<=|>|<(?!=)/y],
  ["arrow", /=>/y],
  ["sign", /[+-]/y],
  ["factor", /[/*]/y],
  ["boolean", /(?:true|false)\b/y],
  ["punctuation", /[=(){}:,.[\]]/y],
  ["upper", /[A-Z][A-Z0-9_]*/y],
  ["lower", /[a-z][a-z0-9_]*/y],
  ["space", /\s+/y],
  ["underscore", /_\b/y],
];

/** All tokens of `text`, with one of kind `end` at last. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < text.length) {
    const found = tokenAt(text, offset);
    if (found.kind !== "space") tokens.push({ kind: found.kind, text: found.text, offset });
    offset += found.text.length;
  }
  tokens.push({ kind: "end", text: "", offset });
  return tokens;
}

function tokenAt(text: string, offset: number): { kind: TokenKind | "space"; text: string } {
  for (const [kind, pattern] of RULES) {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    if (match !== null) return { kind, text: match[0] };
  }
  if (text[offset] === '"') throw new OttlSyntaxError(offset, "the string is not closed", { isGrammar: true });
  const character = String.fromCodePoint(text.codePointAt(offset)!);
  throw new OttlSyntaxError(offset, `invalid input text ${JSON.stringify(character)}`, { isGrammar: true });
}
