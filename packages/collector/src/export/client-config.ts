/** What clients of distant receivers share: TLS, headers, compression, authentication. */
import { readFile } from "node:fs/promises";
import type { SecureVersion } from "node:tls";
import { rootCertificates } from "node:tls";
import { ClewError, messageOf } from "@clew/base";
import type { Settings } from "../component.ts";
import { DEFAULT_LEVEL, type OutgoingCompression } from "../compression/compress.ts";
import { clientAuthenticatorOf } from "../extension.ts";
import {
  anything,
  boolean,
  duration,
  field,
  integer,
  map,
  oneOf,
  optional,
  secret,
  section,
  string,
  type Schema,
} from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";

export interface TlsConfig {
  readonly insecure: boolean;
  readonly insecure_skip_verify: boolean;
  readonly ca_file: string | undefined;
  readonly ca_pem: string | undefined;
  readonly cert_file: string | undefined;
  readonly cert_pem: string | undefined;
  readonly key_file: string | undefined;
  readonly key_pem: string | undefined;
  readonly server_name_override: string | undefined;
  readonly min_version: string;
  readonly max_version: string;
  readonly include_system_ca_certs_pool: boolean;
  readonly reload_interval: number;
  readonly cipher_suites: unknown;
  readonly curve_preferences: unknown;
}

export const tls: Schema<TlsConfig> = section<TlsConfig>({
  insecure: field(boolean, false, "Whether to do without TLS."),
  insecure_skip_verify: field(boolean, false, "Whether to take any certificate."),
  ca_file: field(optional(string), undefined, "PEM file of the authorities to trust; by default the system's."),
  ca_pem: field(optional(secret), undefined, "The same as text."),
  cert_file: field(optional(string), undefined, "PEM file of our own certificate, for mutual TLS."),
  cert_pem: field(optional(secret), undefined, "The same as text."),
  key_file: field(optional(string), undefined, "PEM file of its key."),
  key_pem: field(optional(secret), undefined, "The same as text."),
  server_name_override: field(optional(string), undefined, "The name that the server's certificate must bear."),
  min_version: field(oneOf("1.0", "1.1", "1.2", "1.3"), "1.2", "The least version of TLS."),
  max_version: field(oneOf("", "1.0", "1.1", "1.2", "1.3"), "", "The greatest; empty is no limit."),
  include_system_ca_certs_pool: field(
    boolean,
    false,
    "Whether to trust Node's authorities beside those that are named.",
  ),
  reload_interval: field(duration, "0s", "Accepted; files are read at the start."),
  cipher_suites: field(anything, undefined, "Accepted; Node's are used."),
  curve_preferences: field(anything, undefined, "Accepted; Node's are used."),
});

export const headers: Schema<Readonly<Record<string, string>>> = map(secret);

export interface CompressionParams {
  readonly level: number;
}

export const compressionParams: Schema<CompressionParams> = section<CompressionParams>({
  level: field(integer(-2, 22), 0, "How hard to compress; 0 is the format's own default."),
});

/** Tells of a level that the compression does not have. */
export function checkLevel(compression: string, { level }: CompressionParams, place: Place): void {
  const most: Readonly<Record<string, number>> = { gzip: 9, zlib: 9, deflate: 9, zstd: 22 };
  if (level === 0 || (level <= (most[compression] ?? 0) && (level > 0 || compression !== "zstd"))) return;
  place
    .at("compression_params")
    .problem(
      `unsupported parameters {Level:${level}} for compression type ${JSON.stringify(compression)}`,
      "leave level out, or name one that it has",
    );
}

export interface Compressing {
  readonly as: OutgoingCompression;
  readonly level: number;
}

/** How to compress, undefined where nothing is. */
export function compressing(compression: string, level = 0): Compressing | undefined {
  if (compression === "none" || compression === "") return undefined;
  return { as: compression as OutgoingCompression, level: level === 0 ? DEFAULT_LEVEL : level };
}

export interface AuthConfig {
  readonly authenticator: string;
}

export const auth: Schema<AuthConfig> = section<AuthConfig>({
  authenticator: field(string, "", "The extension that proves who we are."),
});

/** Makes the headers of each request: the configured ones, and those that prove who we are. Throws `EXTENSION_MISSING`. */
export function requestHeaders(
  settings: Settings,
  configured: Readonly<Record<string, string>>,
  authConfig: AuthConfig | undefined,
): () => Promise<Readonly<Record<string, string>>> {
  const lowerCase = Object.fromEntries(Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value]));
  if (authConfig === undefined) return () => Promise.resolve(lowerCase);
  const authenticator = clientAuthenticatorOf(settings, authConfig.authenticator);
  return async () => {
    const proof = Object.entries(await authenticator.headers());
    return { ...lowerCase, ...Object.fromEntries(proof.map(([name, value]) => [name.toLowerCase(), value])) };
  };
}

/** The options of `node:tls` for it. Rejects with `FILE_UNREADABLE`. */
export async function tlsOptions(config: TlsConfig, path: string): Promise<TlsOptions> {
  const [ca = config.ca_pem, cert = config.cert_pem, key = config.key_pem] = await Promise.all(
    (["ca_file", "cert_file", "key_file"] as const).map((name) => read(config[name], `${path}::tls::${name}`)),
  );
  const { include_system_ca_certs_pool: includesSystem, max_version: most } = config;
  return {
    rejectUnauthorized: !config.insecure_skip_verify,
    minVersion: versionOf(config.min_version),
    ...(most === "" ? {} : { maxVersion: versionOf(most) }),
    ...(ca === undefined ? {} : { ca: includesSystem ? [ca, ...rootCertificates] : [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.server_name_override === undefined ? {} : { servername: config.server_name_override }),
  };
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly minVersion: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ca?: (Buffer | string)[];
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
}

function versionOf(text: string): SecureVersion {
  return text === "1.0" ? "TLSv1" : (`TLSv${text}` as SecureVersion);
}

async function read(file: string | undefined, path: string): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), { path, remedy: "name a file that we may read", cause });
  }
}
