import {
  auth,
  checkLevel,
  compressionParams,
  headers,
  tls,
  type AuthConfig,
  type CompressionParams,
  type TlsConfig,
} from "../../../export/client-config.ts";
import { senderFields, type SenderConfig } from "../../../export/sender-config.ts";
import {
  anything,
  boolean,
  duration,
  field,
  integer,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export interface OtlpHttpConfig extends SenderConfig {
  readonly endpoint: string;
  readonly traces_endpoint: string | undefined;
  readonly metrics_endpoint: string | undefined;
  readonly logs_endpoint: string | undefined;
  readonly encoding: "proto" | "json";
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

export const schema: Schema<OtlpHttpConfig> = section<OtlpHttpConfig>(
  {
    endpoint: field(string, "", "Where to send, a URL to which `/v1/traces` and so on are added."),
    traces_endpoint: field(optional(string), undefined, "The whole URL for traces, instead."),
    metrics_endpoint: field(optional(string), undefined, "The whole URL for metrics, instead."),
    logs_endpoint: field(optional(string), undefined, "The whole URL for logs, instead."),
    encoding: field(oneOf("proto", "json"), "proto", "How requests are written."),
    tls: field(tls, undefined, "How the connection is secured, where the URL says `https`."),
    headers: field(headers, undefined, "Headers sent with every request."),
    compression: field(
      oneOf("gzip", "zstd", "snappy", "x-snappy-framed", "zlib", "deflate", "none", ""),
      "gzip",
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
    ...senderFields,
    timeout: field(duration, "30s", "How long one attempt may take."),
  },
  (config, place) => {
    checkLevel(config.compression, config.compression_params, place);
    const given = ["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint"] as const;
    const urls = given.filter((key) => (config[key] ?? "") !== "");
    if (urls.length === 0)
      place.problem("at least one endpoint must be specified", 'write endpoint: "http://host:4318"');
    for (const key of urls) {
      const url = config[key] ?? "";
      if (!URL.canParse(url) || !/^https?:\/\//.test(url)) {
        place.at(key).problem(`expected a URL, got ${JSON.stringify(url)}`, 'write "http://host:4318"');
      }
    }
  },
);
