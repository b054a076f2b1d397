/** How names are written for a scraper that does not know all characters (Prometheus, "Escaping Schemes"). */

export type Escaping = "allow-utf-8" | "underscores" | "dots" | "values";

/** `isLabel` forbids the colon. */
export function escapedName(name: string, escaping: Escaping, isLabel = false): string {
  if (escaping === "allow-utf-8" || name === "") return name;
  const isValid = (character: string, i: number): boolean =>
    /[a-zA-Z_]/.test(character) || (character === ":" && !isLabel) || (i > 0 && /[0-9]/.test(character));
  const characters = Array.from(name);
  const isPlain = characters.every((character, i) => isValid(character, i));
  if (escaping === "underscores")
    return characters.map((character, i) => (isValid(character, i) ? character : "_")).join("");
  if (escaping === "dots") {
    const dotted: Readonly<Record<string, string>> = { _: "__", ".": "_dot_" };
    return characters.map((character, i) => dotted[character] ?? (isValid(character, i) ? character : "__")).join("");
  }
  if (isPlain) return name;
  const coded = characters.map((character, i) => {
    if (character === "_") return "__";
    return isValid(character, i) ? character : `_${character.codePointAt(0)!.toString(16).toUpperCase()}_`;
  });
  return `U__${coded.join("")}`;
}
