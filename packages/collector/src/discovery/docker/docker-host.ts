/** Where a Docker Engine listens. */

export interface DockerHost {
  /** The part of its URLs before the API's paths. */
  readonly base: string;
  readonly socketPath: string | undefined;
  /** Whether the HTTP client's settings are for it; Prometheus keeps them to `http://` and `https://`. */
  readonly takesSettings: boolean;
}

/** Undefined for what is no address of a Docker Engine. */
export function parseDockerHost(host: string): DockerHost | undefined {
  const [, protocol, address] = /^(unix|npipe|tcp|https?):\/\/(.+)$/s.exec(host) ?? [];
  if (protocol === undefined || address === undefined) return undefined;
  // The name stands in the Host header, where something must.
  if (protocol === "unix" || protocol === "npipe") {
    return { base: "http://localhost", socketPath: address, takesSettings: false };
  }
  const url = `${protocol === "tcp" ? "http" : protocol}://${address}`;
  if (!URL.canParse(url)) return undefined;
  return { base: url.replace(/\/+$/, ""), socketPath: undefined, takesSettings: protocol !== "tcp" };
}
