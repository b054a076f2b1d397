/** Whether a text matches a pattern in which `?` is any character and `*` any number of them. Case matters. */
export function wildcardMatcher(pattern: string): (text: string) => boolean {
  if (!/[?*]/.test(pattern)) return (text) => text === pattern;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "su");
  return (text) => expression.test(text);
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
