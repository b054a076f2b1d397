import { ClewError } from "@clew/base";

/** Where a server listens, or a client goes. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` as Go does: `localhost` is 127.0.0.1, no host is every interface, IPv6
 * stands in brackets. Throws `CONFIG_INVALID`.
 */
export function parseAddress(endpoint: string, path?: string): Address {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(endpoint);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ClewError("CONFIG_INVALID", `expected host:port, got ${JSON.stringify(endpoint)}`, {
      path,
      remedy: 'write "localhost:4317", or "0.0.0.0:4317" to listen on every interface',
    });
  }
  const host = match[1] ?? match[2] ?? "";
  if (host === "") return { host: "0.0.0.0", port };
  return { host: host === "localhost" ? "127.0.0.1" : host, port };
}

/** `host:port`, IPv6 in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
