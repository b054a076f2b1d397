/** Where a Consul agent listens. */

export interface ConsulAddress {
  /** The part of its URLs before the API's paths. */
  readonly base: string;
  readonly socketPath: string | undefined;
}

/** What is written before `://`; undefined where nothing is. */
export function addressProtocol(server: string): string | undefined {
  const end = server.indexOf("://");
  return end === -1 ? undefined : server.slice(0, end);
}

/** `server` may bring its own scheme, and with it a path that then stands for `pathPrefix`. */
export function consulAddress(server: string, scheme: "http" | "https", pathPrefix: string): ConsulAddress {
  const protocol = addressProtocol(server);
  if (protocol === undefined) return { base: `${scheme}://${server}${pathPrefix}`, socketPath: undefined };
  const address = server.slice(protocol.length + "://".length);
  // The name stands in the Host header, where something must.
  if (protocol === "unix") return { base: `http://localhost${pathPrefix}`, socketPath: address };
  // `https` that was asked for is never taken back by `http://`.
  const used = protocol === "https" ? "https" : scheme;
  const slash = address.indexOf("/");
  return { base: `${used}://${address}${slash === -1 ? pathPrefix : ""}`, socketPath: undefined };
}
