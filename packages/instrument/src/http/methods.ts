/** Source: semantic conventions, "HTTP spans": RFC 9110, PATCH of RFC 5789, QUERY. */
const KNOWN: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "QUERY",
]);

/** The method as `http.request.method`, of which there are few: any other is `_OTHER`. */
export function knownMethod(method: string): string {
  if (KNOWN.has(method)) return method;
  const upper = method.toUpperCase();
  return KNOWN.has(upper) ? upper : "_OTHER";
}

/** How a span's name begins. Source: semantic conventions, "HTTP spans, name". */
export function methodInName(known: string): string {
  return known === "_OTHER" ? "HTTP" : known;
}
