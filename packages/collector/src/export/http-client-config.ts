/** The settings of an exporter that sends over HTTP, under the Collector's names. */
import { anything, boolean, duration, field, integer, oneOf, optional, string, type Fields } from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";
import {
  auth,
  checkLevel,
  compressionParams,
  headers,
  tls,
  type AuthConfig,
  type CompressionParams,
  type TlsConfig,
} from "./client-config.ts";

/** What there is of a connection. */
export interface HttpConnectionConfig {
  readonly tls: TlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: string;
  readonly compression_params: CompressionParams;
  readonly auth: AuthConfig | undefined;
  readonly max_idle_conns: number;
  readonly max_idle_conns_per_host: number;
  readonly max_conns_per_host: number;
  readonly idle_conn_timeout: number;
  readonly disable_keep_alives: boolean;
  readonly http2_read_idle_timeout: number;
  readonly http2_ping_timeout: number;
  readonly force_attempt_http2: boolean;
  readonly cookies: unknown;
  readonly middlewares: unknown;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
}

export interface HttpClientConfig extends HttpConnectionConfig {
  readonly endpoint: string;
}

export function httpConnectionFields(defaultCompression: string): Fields<HttpConnectionConfig> {
  return {
    tls: field(tls, undefined, "How the connection is secured, where the URL says `https`."),
    headers: field(headers, undefined, "Headers sent with every request."),
    compression: field(
      oneOf("gzip", "zstd", "snappy", "x-snappy-framed", "zlib", "deflate", "none", ""),
      defaultCompression,
      "How requests are compressed.",
    ),
    compression_params: field(compressionParams, undefined, "How hard."),
    auth: field(optional(auth), undefined, "How we prove who we are."),
    max_idle_conns: field(integer(), 100, "How many idle connections are kept; 0 is no limit."),
    max_idle_conns_per_host: field(integer(), 0, "Accepted; `max_idle_conns` holds."),
    max_conns_per_host: field(integer(), 0, "How many connections there may be at once; 0 is no limit."),
    idle_conn_timeout: field(duration, "90s", "How long an idle connection is kept; 0 is no limit."),
    disable_keep_alives: field(boolean, false, "Whether each request has a connection of its own."),
    http2_read_idle_timeout: field(duration, "0s", "Accepted; requests are sent over HTTP/1.1."),
    http2_ping_timeout: field(duration, "0s", "Accepted; the same."),
    force_attempt_http2: field(boolean, true, "Accepted; the same."),
    cookies: field(anything, undefined, "Accepted; none are kept."),
    middlewares: field(anything, undefined, "Accepted; there are none."),
    read_buffer_size: field(integer(), 0, "Accepted; Node sizes its buffers itself."),
    write_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
  };
}

/** For exporters with one endpoint. */
export function httpClientFields(defaultCompression: string): Fields<HttpClientConfig> {
  return {
    endpoint: field(string, "", "Where to send, a URL."),
    ...httpConnectionFields(defaultCompression),
  };
}

export function checkHttpClient(config: HttpClientConfig, place: Place): void {
  checkLevel(config.compression, config.compression_params, place);
  if (config.endpoint === "") place.problem("endpoint must be specified", 'write endpoint: "http://host:port/path"');
  else checkUrl(config.endpoint, place.at("endpoint"), "http://host:port/path");
}

/** Tells of an endpoint that is no URL. */
export function checkUrl(url: string, place: Place, example: string): void {
  if (URL.canParse(url) && /^https?:\/\//.test(url)) return;
  place.problem(`expected a URL, got ${JSON.stringify(url)}`, `write ${JSON.stringify(example)}`);
}
