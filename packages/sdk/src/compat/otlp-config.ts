/** The options of the official OTLP exporters, said as ours. */
import { diag } from "@opentelemetry/api";
import type { OTLPExporterConfig, OtlpProtocol, TlsConfig } from "../otlp/otlp-config.ts";
import { VERSION } from "../version.ts";
import { warnOfIgnored } from "./ignored-options.ts";

/** `Metadata` of `@grpc/grpc-js`. */
interface GrpcMetadata {
  getMap(): Record<string, string | Buffer>;
}

/** `ChannelCredentials` of `@grpc/grpc-js`. */
interface GrpcCredentials {
  _isSecure?(): boolean;
}

type Headers = Readonly<Record<string, string>>;

export interface OfficialOtlpConfig extends Omit<OTLPExporterConfig, "headers" | "compression" | "protocol"> {
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** A `CompressionAlgorithm`. */
  readonly compression?: string;
  /** Stands before the exporter's own. */
  readonly userAgent?: string;
  /** Of these, `ca`, `cert` and `key` count. */
  readonly httpAgentOptions?: TlsConfig | Function;
  readonly metadata?: GrpcMetadata;
  /** Says whether to use TLS where the address does not. What certificates it holds cannot be seen: see `tls`. */
  readonly credentials?: GrpcCredentials;
  /** Ignored: one export is in flight at a time. */
  readonly concurrencyLimit?: number;
  /** Ignored: connections are kept. */
  readonly keepAlive?: boolean;
}

export function otlpConfigOf(protocol: OtlpProtocol, config: OfficialOtlpConfig): OTLPExporterConfig {
  const { headers, compression, userAgent, httpAgentOptions, metadata, credentials, ...rest } = config;
  const { concurrencyLimit: _one, keepAlive: _always, url, tls, ...same } = rest;
  const allHeaders = { ...userAgentHeader(userAgent), ...plainHeaders(headers), ...headersOf(metadata) };
  const address = url === undefined ? undefined : withScheme(url, credentials);
  const certificates = tls ?? tlsOf(httpAgentOptions);
  return {
    ...same,
    protocol,
    ...(Object.keys(allHeaders).length > 0 && { headers: allHeaders }),
    ...(address !== undefined && { url: address }),
    ...(certificates !== undefined && { tls: certificates }),
    ...(isCompression(compression) && { compression }),
  };
}

function userAgentHeader(userAgent: string | undefined): Headers {
  return userAgent === undefined ? {} : { "user-agent": `${userAgent} OTel-OTLP-Exporter-Clew/${VERSION}` };
}

function plainHeaders(headers: OfficialOtlpConfig["headers"]): Headers {
  if (typeof headers !== "function") return headers ?? {};
  diag.warn("OTLP exporter: headers is a function, expected an object: no headers are sent");
  return {};
}

function headersOf(metadata: GrpcMetadata | undefined): Headers {
  const entries = Object.entries(metadata?.getMap() ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? value : value.toString("base64")]),
  );
}

/** An address without a scheme is reached as the credentials say. */
function withScheme(url: string, credentials: GrpcCredentials | undefined): string {
  if (credentials === undefined || url.includes("://")) return url;
  // oxlint-disable-next-line no-underscore-dangle -- the only thing that credentials tell of themselves
  return `${credentials._isSecure?.() === true ? "https" : "http"}://${url}`;
}

function tlsOf(agentOptions: OfficialOtlpConfig["httpAgentOptions"]): TlsConfig | undefined {
  if (typeof agentOptions === "function") {
    warnOfIgnored("an OTLP exporter", { "httpAgentOptions as a function": agentOptions });
    return undefined;
  }
  const { ca, cert, key } = agentOptions ?? {};
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return Object.keys(tls).length === 0 ? undefined : tls;
}

function isCompression(compression: string | undefined): compression is "none" | "gzip" | "zstd" {
  if (compression === undefined) return false;
  if (compression === "none" || compression === "gzip" || compression === "zstd") return true;
  diag.warn(
    `OTLP exporter: compression is ${JSON.stringify(compression)}, expected none or gzip: it is not compressed`,
  );
  return false;
}
