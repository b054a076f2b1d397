/** Parts of the labels that discovery gives a target. */

/** What a label may be named after a key of any characters. It may begin with a digit, so it needs a prefix. */
export function labelNameOf(key: string): string {
  return key.replace(/[^a-zA-Z0-9_]/gu, "_");
}

/** One label for each entry: `prefix` and its key, and its value. */
export function prefixedLabels(
  prefix: string,
  entries: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  return entries.map(([key, value]) => [`${prefix}${labelNameOf(key)}`, value]);
}

/** `host:port`, with brackets around IPv6 addresses. */
export function addressOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
