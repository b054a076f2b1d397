/** What a proxy tells about the request that it passes on. Source: semantic conventions, "HTTP server", RFC 7239. */
import type { IncomingHttpHeaders } from "node:http";
import { splitAuthority } from "./authority.ts";

export interface Forwarded {
  readonly client: string | undefined;
  readonly scheme: string | undefined;
  readonly host: string | undefined;
}

const NOTHING: Forwarded = { client: undefined, scheme: undefined, host: undefined };

/** The first hop of `Forwarded`, else of `X-Forwarded-*`. */
export function forwardedOf(headers: IncomingHttpHeaders): Forwarded {
  const { forwarded } = headers;
  if (forwarded !== undefined) return parseForwarded(forwarded);
  const client = first(headers["x-forwarded-for"]);
  const scheme = first(headers["x-forwarded-proto"]);
  const host = first(headers["x-forwarded-host"]);
  if (client === undefined && scheme === undefined && host === undefined) return NOTHING;
  return { client: client === undefined ? undefined : clientAddress(client), scheme, host };
}

function parseForwarded(header: string): Forwarded {
  const pairs = new Map<string, string>();
  for (const pair of (header.split(",", 1)[0] ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0) pairs.set(pair.slice(0, at).trim().toLowerCase(), unquoted(pair.slice(at + 1).trim()));
  }
  const client = pairs.get("for");
  return {
    client: client === undefined ? undefined : clientAddress(client),
    scheme: pairs.get("proto"),
    host: pairs.get("host"),
  };
}

/** An IPv6 address without brackets holds colons that are not a port's. */
function clientAddress(text: string): string {
  return text.indexOf(":") === text.lastIndexOf(":") || text.startsWith("[") ? splitAuthority(text).address : text;
}

function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  const part = text?.split(",", 1)[0]?.trim();
  return part === "" ? undefined : part;
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
