/** How names are written for a scraper that does not know all characters. */
export type Escaping = "allow-utf-8" | "underscores" | "dots" | "values";
export const ESCAPINGS: readonly Escaping[] = ["allow-utf-8", "underscores", "dots", "values"];

/** A name in the characters that a scraper knows. Source: Prometheus documentation, "Escaping schemes". `isLabel` forbids the colon. */
export function escapedName(name: string, escaping: Escaping, isLabel = false): string {
  const isLegacy = isLegacyName(name, isLabel);
  if (escaping === "allow-utf-8" || (isLegacy && escaping !== "dots")) return name;
  const characters = Array.from(name).map((character, i) => {
    const isValid = isLegacyName(i === 0 ? character : `_${character}`, isLabel);
    if (escaping === "underscores") return isValid ? character : "_";
    if (character === "_") return "__";
    if (escaping === "dots") return character === "." ? "_dot_" : isValid ? character : "__";
    return isValid ? character : `_${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}_`;
  });
  return escaping === "values" ? `U__${characters.join("")}` : characters.join("");
}

/** Whether every scraper knows the name. */
export function isLegacyName(name: string, isLabel: boolean): boolean {
  return isLabel ? /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) : /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}
