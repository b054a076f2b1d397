/** `SomeName`, `some_name`: by the rules of the library that the original uses, which look at ASCII letters alone. */

const isCapital = (character: string | undefined): boolean => character !== undefined && /[A-Z]/.test(character);
const isSmall = (character: string | undefined): boolean => character !== undefined && /[a-z]/.test(character);
const isDigit = (character: string | undefined): boolean => character !== undefined && /[0-9]/.test(character);

/** Acronyms become words: `HTTPServer` is `Httpserver`. */
export function camelCase(text: string): string {
  let result = "";
  let isNextCapital = true;
  let wasCapital = false;
  const trimmed = text.trim();
  // "ID" alone is the one acronym that the library knows.
  if (trimmed === "ID") return "Id";
  for (const character of trimmed) {
    const isLetter = isCapital(character) || isSmall(character);
    if (isLetter) {
      const isLowered = !isNextCapital && wasCapital && isCapital(character);
      result += isNextCapital ? character.toUpperCase() : isLowered ? character.toLowerCase() : character;
      isNextCapital = false;
    } else if (isDigit(character)) {
      result += character;
      isNextCapital = true;
    } else {
      isNextCapital = /[_ .-]/.test(character);
    }
    wasCapital = isCapital(character);
  }
  return result;
}

/** Acronyms are words: `JSONData` is `json_data`. */
export function snakeCase(text: string): string {
  const trimmed = text.trim();
  let result = "";
  for (let i = 0; i < trimmed.length; i++) {
    const character = trimmed[i]!;
    const next = trimmed[i + 1];
    const lower = isCapital(character) ? character.toLowerCase() : character;
    if (!changesKind(character, next)) {
      result += /[ _.-]/.test(character) ? "_" : lower;
      continue;
    }
    if (isCapital(character) && isSmall(next) && i > 0 && isCapital(trimmed[i - 1])) result += "_";
    result += lower;
    if (isSmall(character) || isDigit(character) || isDigit(next)) result += "_";
  }
  return result;
}

function changesKind(character: string, next: string | undefined): boolean {
  if (isCapital(character)) return isSmall(next) || isDigit(next);
  if (isSmall(character)) return isCapital(next) || isDigit(next);
  return isDigit(character) && (isCapital(next) || isSmall(next));
}
