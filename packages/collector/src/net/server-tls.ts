/** TLS of a server, under the Collector's names. */
import { readFile } from "node:fs/promises";
import type { SecureVersion, TlsOptions } from "node:tls";
import { ClewError, messageOf } from "@clew/base";
import { anything, boolean, duration, field, oneOf, optional, section, string, type Schema } from "../schema/schema.ts";

export interface ServerTlsConfig {
  readonly ca_file: string | undefined;
  readonly cert_file: string | undefined;
  readonly key_file: string | undefined;
  readonly client_ca_file: string | undefined;
  readonly ca_pem: string | undefined;
  readonly cert_pem: string | undefined;
  readonly key_pem: string | undefined;
  readonly min_version: string;
  readonly max_version: string;
  readonly cipher_suites: unknown;
  readonly curve_preferences: unknown;
  readonly reload_interval: number;
  readonly client_ca_file_reload: boolean;
  readonly include_system_ca_certs_pool: boolean;
}

export const serverTls: Schema<ServerTlsConfig> = section<ServerTlsConfig>({
  cert_file: field(optional(string), undefined, "PEM file of our certificate."),
  key_file: field(optional(string), undefined, "PEM file of its key."),
  client_ca_file: field(
    optional(string),
    undefined,
    "PEM file of the authorities of clients, who then need a certificate.",
  ),
  ca_file: field(optional(string), undefined, "Accepted; for clients there is `client_ca_file`."),
  cert_pem: field(optional(string), undefined, "Our certificate, PEM."),
  key_pem: field(optional(string), undefined, "Its key, PEM."),
  ca_pem: field(optional(string), undefined, "Accepted."),
  min_version: field(oneOf("1.0", "1.1", "1.2", "1.3"), "1.2", "The least version of TLS."),
  max_version: field(oneOf("", "1.0", "1.1", "1.2", "1.3"), "", "The greatest."),
  cipher_suites: field(anything, undefined, "Accepted; Node's are used."),
  curve_preferences: field(anything, undefined, "Accepted; Node's are used."),
  reload_interval: field(duration, "0s", "How often the files are read again; 0 is never."),
  client_ca_file_reload: field(boolean, false, "Accepted."),
  include_system_ca_certs_pool: field(boolean, false, "Accepted."),
});

/** The options of `node:tls` for it. Rejects with `FILE_UNREADABLE`. */
export async function serverTlsOptions(config: ServerTlsConfig, path: string): Promise<TlsOptions> {
  const read = async (name: "cert_file" | "key_file" | "client_ca_file"): Promise<string | undefined> => {
    const file = config[name];
    if (file === undefined) return undefined;
    return readFile(file, "utf8").catch((cause: unknown) => {
      throw new ClewError("FILE_UNREADABLE", messageOf(cause), {
        path: `${path}::${name}`,
        remedy: "name a file that we may read",
        cause,
      });
    });
  };
  const [cert, key, ca] = await Promise.all([read("cert_file"), read("key_file"), read("client_ca_file")]);
  const version = (text: string): SecureVersion => (text === "1.0" ? "TLSv1" : (`TLSv${text}` as SecureVersion));
  return {
    cert: cert ?? config.cert_pem,
    key: key ?? config.key_pem,
    ca,
    requestCert: ca !== undefined,
    rejectUnauthorized: ca !== undefined,
    minVersion: version(config.min_version),
    ...(config.max_version === "" ? {} : { maxVersion: version(config.max_version) }),
  };
}
