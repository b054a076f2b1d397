/** Patterns such as `/user/*` and `{a,b}?`, where `*` matches anything, also nothing and slashes. */
import { OttlError } from "./ottl-error.ts";

/** An expression that matches what the whole pattern does. Throws where the pattern is none. */
export function globPattern(pattern: string): RegExp {
  const characters = Array.from(pattern);
  let source = "";
  let depth = 0;
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "*") source += "[\\s\\S]*";
    else if (character === "?") source += "[\\s\\S]";
    else if (character === "[") {
      const end = characters.indexOf("]", i + 1);
      if (end < 0) throw new OttlError(`glob ${JSON.stringify(pattern)}: the class is not closed`);
      source += classOf(characters.slice(i + 1, end));
      i = end;
    } else if (character === "{") {
      source += "(?:";
      depth++;
    } else if (character === "}" && depth > 0) {
      source += ")";
      depth--;
    } else if (character === "," && depth > 0) source += "|";
    else if (character === "\\" && i + 1 < characters.length) source += escaped(characters[++i]!);
    else source += escaped(character);
  }
  if (depth > 0) throw new OttlError(`glob ${JSON.stringify(pattern)}: the braces are not closed`);
  try {
    return new RegExp(`^(?:${source})$`, "u");
  } catch (error) {
    throw new OttlError(`glob ${JSON.stringify(pattern)}: a class has a range whose end is before its start`, {
      cause: error,
    });
  }
}

function classOf(members: readonly string[]): string {
  const isNegated = members[0] === "!";
  const inner = (isNegated ? members.slice(1) : members).map((one) => (one === "-" ? "-" : escaped(one))).join("");
  return `[${isNegated ? "^" : ""}${inner}]`;
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;
}
