import { readFile } from "node:fs/promises";
import type { ConnectionOptions, SecureVersion } from "node:tls";
import type { TlsClientConfig } from "./http-client-config.ts";

const TLS_VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

/** What Node is told of Prometheus's `tls_config`. Files are read now; rejects where one can't be. */
export async function tlsOf(config: TlsClientConfig): Promise<ConnectionOptions> {
  const part = async (name: "ca" | "cert" | "key"): Promise<ConnectionOptions> => {
    const file = config[`${name}_file`];
    const text = config[name] ?? (file === undefined ? undefined : await readFile(file, "utf8"));
    return text === undefined ? {} : { [name]: text };
  };
  const { server_name, min_version, max_version } = config;
  return {
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(await part("ca")),
    ...(await part("cert")),
    ...(await part("key")),
    ...(server_name === undefined ? {} : { servername: server_name }),
    ...(min_version === undefined ? {} : { minVersion: TLS_VERSIONS[min_version] }),
    ...(max_version === undefined ? {} : { maxVersion: TLS_VERSIONS[max_version] }),
  };
}
