import { readFileSync } from "node:fs";
import type { SecureContext, ConnectionOptions } from "node:tls";
import { diag } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { PROTOCOLS, type Signal } from "@clew/otlp";
import { WallClock } from "../common/wall-clock.ts";
import {
  type Environment,
  readBoolean,
  readChoice,
  readPairs,
  readText,
  readTimeout,
  warn,
} from "../config/environment.ts";
import { COMPRESSIONS, type OtlpCompression, usableCompression } from "./compression.ts";
import { AskedHeaders, type Headers, type HeadersFactory, normalizedHeaders } from "./request-headers.ts";

export type OtlpProtocol = "grpc" | "http/protobuf" | "http/json";
const OTLP_PROTOCOLS: readonly OtlpProtocol[] = ["grpc", "http/protobuf", "http/json"];

/** Source: specification, "OpenTelemetry Protocol Exporter", "Max Request Size": 64 MiB. */
const DEFAULT_MAX_REQUEST_BYTES = 64 * 1_024 * 1_024;

/** A part of what `tls.connect` of Node takes. */
export interface TlsConfig extends Pick<
  ConnectionOptions,
  "passphrase" | "pfx" | "rejectUnauthorized" | "servername" | "checkServerIdentity"
> {
  /** PEM of the certificate authority that the server's certificate is checked against. */
  readonly ca?: ConnectionOptions["ca"];
  /** PEM of the client's certificate and key, for mutual TLS. */
  readonly cert?: ConnectionOptions["cert"];
  readonly key?: ConnectionOptions["key"];
  /**
   * In the place of certificates and keys. What is left when the process ends cannot be sent with it, since that is done
   * by another thread.
   */
  readonly secureContext?: SecureContext;
}

/** How an OTLP exporter sends. What is not given comes from `OTEL_EXPORTER_OTLP_*`, else from the specification. */
export interface OTLPExporterConfig {
  /** `http/protobuf` unless given. */
  readonly protocol?: OtlpProtocol;
  /**
   * Where to send. For HTTP the whole address, path included
   * (http://localhost:4318/v1/traces); for `grpc` scheme, host and port (http://localhost:4317).
   */
  readonly url?: string;
  /** Whether a gRPC address without a scheme is reached without TLS. `OTEL_EXPORTER_OTLP_INSECURE`, else false */
  readonly insecure?: boolean;
  /** A function is asked again for every request; where it fails, so does the export. */
  readonly headers?: Headers | HeadersFactory;
  /** How long an export may take with all its retries. 10000 */
  readonly timeoutMillis?: number;
  readonly compression?: OtlpCompression;
  /** How many bytes a request may have before compression; a larger one is not sent. 67108864 */
  readonly maxRequestSize?: number;
  readonly tls?: TlsConfig;
  /** Whether a connection over HTTP carries more than one request. true */
  readonly keepAlive?: boolean;
  /** How many exports may be under way, or wait for those that are; one more fails at once. No limit. */
  readonly concurrencyLimit?: number;
  readonly clock?: Clock;
  readonly env?: Environment;
}

export interface OtlpSettings {
  readonly protocol: OtlpProtocol;
  readonly url: URL;
  readonly headers: Headers;
  /** They win over `headers`. */
  readonly askedHeaders: AskedHeaders | undefined;
  readonly timeoutMs: number;
  readonly compression: OtlpCompression;
  readonly maxRequestSize: number;
  readonly tls: TlsConfig;
  readonly keepAlive: boolean;
  readonly concurrencyLimit: number;
  readonly clock: Clock;
}

/** Brings together code and environment; the signal's own variables win over the general ones. */
export function otlpSettings(signal: Signal, config: OTLPExporterConfig): OtlpSettings {
  const env = config.env ?? process.env;
  const names = (name: string): [string, string] => [
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`,
    `OTEL_EXPORTER_OTLP_${name}`,
  ];
  const first = <Value>(name: string, read: (variable: string) => Value | undefined): Value | undefined => {
    const [own, general] = names(name);
    return read(own) ?? read(general);
  };
  const protocol =
    config.protocol ?? first("PROTOCOL", (name) => readChoice(env, name, OTLP_PROTOCOLS)) ?? "http/protobuf";
  const [ownHeaders, generalHeaders] = names("HEADERS");
  const given = typeof config.headers === "function" ? {} : config.headers;
  return {
    protocol,
    url: endpoint(signal, protocol, config, env),
    headers: normalizedHeaders({ ...readPairs(env, generalHeaders), ...readPairs(env, ownHeaders), ...given }),
    askedHeaders: typeof config.headers === "function" ? new AskedHeaders(config.headers) : undefined,
    timeoutMs: config.timeoutMillis ?? first("TIMEOUT", (name) => readTimeout(env, name)) ?? 10_000,
    compression: usableCompression(
      config.compression ?? first("COMPRESSION", (name) => readChoice(env, name, COMPRESSIONS)) ?? "none",
      protocol,
    ),
    maxRequestSize: config.maxRequestSize ?? DEFAULT_MAX_REQUEST_BYTES,
    tls: config.tls ?? tlsFromEnvironment((name) => first(name, (variable) => readText(env, variable))),
    keepAlive: config.keepAlive ?? true,
    concurrencyLimit: config.concurrencyLimit ?? Number.POSITIVE_INFINITY,
    clock: config.clock ?? new WallClock(),
  };
}

function endpoint(signal: Signal, protocol: OtlpProtocol, config: OTLPExporterConfig, env: Environment): URL {
  const ownName = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
  const generalName = "OTEL_EXPORTER_OTLP_ENDPOINT";
  if (protocol === "grpc") {
    const insecure =
      config.insecure ??
      readBoolean(env, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_INSECURE`) ??
      readBoolean(env, "OTEL_EXPORTER_OTLP_INSECURE") ??
      false;
    return (
      grpcUrl("url", config.url, insecure) ??
      grpcUrl(ownName, readText(env, ownName), insecure) ??
      grpcUrl(generalName, readText(env, generalName), insecure) ??
      new URL("http://localhost:4317")
    );
  }
  const general = httpUrl(generalName, readText(env, generalName)) ?? new URL("http://localhost:4318");
  return (
    httpUrl("url", config.url) ??
    httpUrl(ownName, readText(env, ownName)) ??
    withPath(general, PROTOCOLS[signal].httpPath)
  );
}

function httpUrl(name: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  warn(name, text, "an address such as http://localhost:4318");
  return undefined;
}

/** Without a scheme, `insecure` says which. */
function grpcUrl(name: string, text: string | undefined, insecure: boolean): URL | undefined {
  if (text === undefined) return undefined;
  const whole = text.includes("://") ? text : `${insecure ? "http" : "https"}://${text}`;
  if (/^https?:/i.test(whole) && URL.canParse(whole)) return new URL(whole);
  warn(name, text, "an address such as http://localhost:4317");
  return undefined;
}

function withPath(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
  return url;
}

function tlsFromEnvironment(read: (name: string) => string | undefined): TlsConfig {
  const ca = fileContent(read("CERTIFICATE"));
  const cert = fileContent(read("CLIENT_CERTIFICATE"));
  const key = fileContent(read("CLIENT_KEY"));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function fileContent(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (thrown) {
    diag.warn(`the certificate file ${path} is ignored: ${messageOf(thrown)}`);
    return undefined;
  }
}
