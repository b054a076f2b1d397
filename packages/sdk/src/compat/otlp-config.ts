/** The options of the official OTLP exporters, said as ours. */
import { diag } from "@opentelemetry/api";
import type { OTLPExporterConfig, OtlpProtocol } from "../otlp/otlp-config.ts";
import type { Headers, HeadersFactory } from "../otlp/request-headers.ts";
import { VERSION } from "../version.ts";
import {
  callHeadersOf,
  type GrpcCredentials,
  type GrpcMetadata,
  headersOfMetadata,
  isSecure,
  tlsOfCredentials,
} from "./grpc-credentials.ts";
import { type HttpAgentOptions, ofAgentOptions } from "./http-agent-options.ts";

export interface OfficialOtlpConfig extends Omit<OTLPExporterConfig, "compression" | "protocol"> {
  /** A `CompressionAlgorithm`. */
  readonly compression?: string;
  /** Stands before the exporter's own. */
  readonly userAgent?: string;
  /** Of these, `keepAlive` and what TLS needs count. */
  readonly httpAgentOptions?: HttpAgentOptions;
  readonly metadata?: GrpcMetadata;
  /** Say whether to use TLS, whatever the address says, and with what. */
  readonly credentials?: GrpcCredentials;
}

export function otlpConfigOf(protocol: OtlpProtocol, config: OfficialOtlpConfig): OTLPExporterConfig {
  const { headers, compression, userAgent, httpAgentOptions, metadata, credentials, ...rest } = config;
  const { url, tls, keepAlive, ...same } = rest;
  const agent = ofAgentOptions(httpAgentOptions);
  const fixed = { ...userAgentHeader(userAgent), ...headersOfMetadata(metadata) };
  const allHeaders = joined(fixed, headers, callHeadersOf(credentials, url));
  const certificates = tls ?? tlsOfCredentials(credentials) ?? agent.tls;
  const isKept = agent.keepAlive ?? keepAlive;
  return {
    ...same,
    protocol,
    ...(allHeaders !== undefined && { headers: allHeaders }),
    ...(url !== undefined && { url: credentials === undefined ? url : withScheme(url, credentials) }),
    ...(credentials !== undefined && { insecure: !isSecure(credentials) }),
    ...(certificates !== undefined && { tls: certificates }),
    ...(isKept !== undefined && { keepAlive: isKept }),
    ...(isCompression(compression) && { compression }),
  };
}

function userAgentHeader(userAgent: string | undefined): Headers {
  return userAgent === undefined ? {} : { "user-agent": `${userAgent} OTel-OTLP-Exporter-Clew/${VERSION}` };
}

/** The later win. As soon as one of them is a function, all of them are. */
function joined(fixed: Headers, ...others: (Headers | HeadersFactory | undefined)[]): OTLPExporterConfig["headers"] {
  const factories = others.filter((headers) => typeof headers === "function");
  const objects = others.filter((headers) => typeof headers === "object");
  const all: Headers = Object.assign({}, fixed, ...objects) as Headers;
  if (factories.length === 0) return Object.keys(all).length === 0 ? undefined : all;
  const [only] = factories;
  if (factories.length === 1 && Object.keys(all).length === 0) return only;
  return async () => {
    const asked = await Promise.all(factories.map(async (factory) => factory()));
    return Object.assign({}, all, ...asked) as Headers;
  };
}

function withScheme(url: string, credentials: GrpcCredentials): string {
  return `${isSecure(credentials) ? "https" : "http"}://${url.replace(/^\w+:\/\//, "")}`;
}

function isCompression(compression: string | undefined): compression is "none" | "gzip" | "zstd" {
  if (compression === undefined) return false;
  if (compression === "none" || compression === "gzip" || compression === "zstd") return true;
  diag.warn(
    `OTLP exporter: compression is ${JSON.stringify(compression)}, expected none or gzip: it is not compressed`,
  );
  return false;
}
