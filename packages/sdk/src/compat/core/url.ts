/** Whether the whole `url` is a string, or a pattern is found in it. */
export function urlMatches(url: string, urlToMatch: string | RegExp): boolean {
  return typeof urlToMatch === "string" ? url === urlToMatch : url.search(urlToMatch) >= 0;
}

export function isUrlIgnored(url: string, ignoredUrls: readonly (string | RegExp)[] = []): boolean {
  return ignoredUrls.some((ignored) => urlMatches(url, ignored));
}
