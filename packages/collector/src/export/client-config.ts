/** What clients of distant receivers share: TLS, headers, compression. */
import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import { boolean, field, map, oneOf, optional, secret, section, string, type Schema } from "../schema/schema.ts";

export interface TlsConfig {
  readonly insecure: boolean;
  readonly insecure_skip_verify: boolean;
  readonly ca_file: string | undefined;
  readonly cert_file: string | undefined;
  readonly key_file: string | undefined;
  readonly server_name_override: string | undefined;
}

export const tls: Schema<TlsConfig> = section<TlsConfig>({
  insecure: field(boolean, false, "Whether to do without TLS."),
  insecure_skip_verify: field(boolean, false, "Whether to take any certificate."),
  ca_file: field(optional(string), undefined, "PEM file of the authorities to trust; by default the system's."),
  cert_file: field(optional(string), undefined, "PEM file of our own certificate, for mutual TLS."),
  key_file: field(optional(string), undefined, "PEM file of its key."),
  server_name_override: field(optional(string), undefined, "The name that the server's certificate must bear."),
});

export const headers: Schema<Readonly<Record<string, string>>> = map(secret);

export const compression: Schema<"gzip" | "none"> = oneOf("gzip", "none");

/** The options of `node:tls` for it. Rejects with `FILE_UNREADABLE`. */
export async function tlsOptions(config: TlsConfig, path: string): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all(
    (["ca_file", "cert_file", "key_file"] as const).map((name) => read(config[name], `${path}::tls::${name}`)),
  );
  return {
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.server_name_override === undefined ? {} : { servername: config.server_name_override }),
  };
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

async function read(file: string | undefined, path: string): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), { path, remedy: "name a file that we may read", cause });
  }
}
