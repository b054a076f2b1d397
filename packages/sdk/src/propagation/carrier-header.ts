/** Reads single headers out of a carrier, whichever way its getter gives them. */
import type { TextMapGetter } from "@opentelemetry/api";

const HEADER_NAME = /^[\w!#$%&'*+\-.^`|~]+$/;

/** Whether `name` is a `token`, as names of HTTP headers and of baggage entries must be (RFC 9110, section 5.6.2). */
export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/** The first value of a header, without the spaces around it; `undefined` when there is none. */
export function firstHeader(carrier: unknown, getter: TextMapGetter, name: string): string | undefined {
  const header: unknown = getter.get(carrier, name);
  const first: unknown = Array.isArray(header) ? header[0] : header;
  if (typeof first === "string") return first.trim();
  // Carriers other than HTTP headers may keep what was put in.
  return typeof first === "number" || typeof first === "boolean" ? String(first) : undefined;
}

/** Every header whose name begins with `prefix` in any case, as the rest of its name and its first value. */
export function headersWithPrefix(carrier: unknown, getter: TextMapGetter, prefix: string): [string, string][] {
  const found: [string, string][] = [];
  for (const name of getter.keys(carrier)) {
    if (name.length <= prefix.length || !name.toLowerCase().startsWith(prefix)) continue;
    const value = firstHeader(carrier, getter, name);
    if (value !== undefined) found.push([name.slice(prefix.length), value]);
  }
  return found;
}
