import { auth, headers, tls, type AuthConfig, type TlsConfig } from "./client-config.ts";
import { senderFields, type SenderConfig } from "./sender-config.ts";
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
  type Fields,
  type Schema,
} from "../schema/schema.ts";

interface KeepaliveConfig {
  readonly time: number;
  readonly timeout: number;
  readonly permit_without_stream: boolean;
}

const keepalive: Schema<KeepaliveConfig> = section<KeepaliveConfig>({
  time: field(duration, "10s", "How long the server may be silent before it is asked whether it lives."),
  timeout: field(duration, "10s", "How long it may take to answer that."),
  permit_without_stream: field(boolean, false, "Whether it is asked also while nothing is sent."),
});

export interface OtlpGrpcConfig extends SenderConfig {
  readonly endpoint: string;
  readonly tls: TlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: string;
  readonly auth: AuthConfig | undefined;
  readonly keepalive: KeepaliveConfig | undefined;
  readonly wait_for_ready: boolean;
  readonly authority: string;
  readonly user_agent: string;
  readonly balancer_name: string;
  readonly middlewares: unknown;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
}

/** What every exporter over OTLP/gRPC can be told. */
export const otlpGrpcFields: Fields<OtlpGrpcConfig> = {
  endpoint: field(string, "", "Where to send, `host:port`; with `http://` before it, without TLS. Required."),
  tls: field(tls, undefined, "How the connection is secured."),
  headers: field(headers, undefined, "Metadata sent with every request."),
  compression: field(oneOf("gzip", "snappy", "zstd", "none", ""), "gzip", "How requests are compressed."),
  auth: field(optional(auth), undefined, "How we prove who we are."),
  keepalive: field(
    optional(keepalive),
    undefined,
    "Whether the server is asked if it lives; not unless it is written.",
  ),
  wait_for_ready: field(
    boolean,
    false,
    "Whether an attempt waits for a server that cannot be reached, until its timeout.",
  ),
  authority: field(string, "", "The name by which the server is addressed; by default its endpoint."),
  user_agent: field(string, "", "What we call ourselves; by default `clew-collector`."),
  balancer_name: field(string, "", "Accepted; there is one connection."),
  middlewares: field(anything, undefined, "Accepted; there are none."),
  read_buffer_size: field(integer(), 32_768, "Accepted; Node sizes its buffers itself."),
  write_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
  ...senderFields,
};
