/** Whether a text matches a pattern in which `?` is any character and `*` any number of them. Case matters. */
export function wildcardMatcher(pattern: string): (text: string) => boolean {
  if (!/[?*]/.test(pattern)) return (text) => text === pattern;
  const expression = new RegExp(`^${sourceOf(pattern)}$`, "su");
  return (text) => expression.test(text);
}

function sourceOf(pattern: string): string {
  return pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
}

/** What matches a pattern of `included` (all, where there are none) and none of `excluded`. */
export function includeExclude(
  included: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
): (text: string) => boolean {
  const isIncluded = included?.map(wildcardMatcher);
  const isExcluded = (excluded ?? []).map(wildcardMatcher);
  return (text) =>
    (isIncluded?.some((matches) => matches(text)) ?? true) && !isExcluded.some((matches) => matches(text));
}

/** The same as an expression. */
export function includeExcludeExpression(
  included: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
): RegExp {
  const taken = (included ?? ["*"]).map(sourceOf).join("|");
  const left = excluded === undefined ? "" : `(?!(?:${excluded.map(sourceOf).join("|")})$)`;
  return new RegExp(`^${left}(?:${taken})$`, "su");
}
