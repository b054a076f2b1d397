/** The same shape with `?` for every value: queries of MongoDB, Elasticsearch, OpenSearch. What is not JSON stays. */
export function obfuscateJson(text: string): string {
  const whole = parsed(text);
  if (whole !== undefined) return JSON.stringify(masked(whole.value));
  // Bulk requests are a document a line.
  const lines = text.trim().split("\n");
  const documents = lines.map(parsed);
  return lines.length > 1 && documents.every((one) => one !== undefined)
    ? documents.map((one) => JSON.stringify(masked(one.value))).join("\n")
    : text;
}

function parsed(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => masked(one));
  if (typeof value !== "object" || value === null) return "?";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}
