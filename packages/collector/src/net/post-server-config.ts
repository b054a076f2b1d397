/** Settings of an HTTP server that takes telemetry, under the Collector's names. */
import {
  anything,
  boolean,
  duration,
  field,
  integer,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Fields,
} from "../schema/schema.ts";
import { endpoint } from "../schema/endpoint.ts";
import type { Address } from "./address.ts";
import { serverTls, type ServerTlsConfig } from "./server-tls.ts";

export interface CorsConfig {
  readonly allowed_origins: readonly string[];
  readonly allowed_headers: readonly string[];
  readonly exposed_headers: readonly string[];
  readonly max_age: number;
}

export interface PostServerConfig {
  readonly endpoint: Address;
  readonly transport: string;
  readonly tls: ServerTlsConfig | undefined;
  readonly auth: { readonly authenticator: string; readonly request_params: unknown } | undefined;
  readonly cors: CorsConfig | undefined;
  readonly max_request_body_size: number;
  readonly include_metadata: boolean;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly compression_algorithms: readonly string[];
  readonly read_timeout: number;
  readonly read_header_timeout: number;
  readonly write_timeout: number;
  readonly idle_timeout: number;
  readonly keep_alives_enabled: boolean;
  readonly middlewares: unknown;
}

const auth = section({
  authenticator: field(string, "", "The extension that knows clients."),
  request_params: field(anything, undefined, "Accepted."),
});

const cors = section<CorsConfig>({
  allowed_origins: field(list(string), undefined, "Origins of pages that may send, `*` stands for any text."),
  allowed_headers: field(list(string), undefined, "Request headers that they may use beside the usual ones."),
  exposed_headers: field(list(string), undefined, "Response headers that they may read."),
  max_age: field(integer(), 0, "For how many seconds a browser may remember the answer."),
});

const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** The settings, for an endpoint by default. */
export function postServerFields(defaultEndpoint: string): Fields<PostServerConfig> {
  return {
    endpoint: field(endpoint, defaultEndpoint, "Where to listen, `host:port`."),
    transport: field(oneOf("tcp", "tcp4", "tcp6"), "tcp", "Accepted; TCP."),
    tls: field(optional(serverTls), undefined, "TLS; none unless it is written."),
    auth: field(optional(auth), undefined, "Who may send; all unless it is written."),
    cors: field(optional(cors), undefined, "Which web pages may send; none unless it is written."),
    max_request_body_size: field(
      integer(1),
      MAX_BODY_BYTES,
      "The largest body, before and after decompression, in bytes.",
    ),
    include_metadata: field(boolean, false, "Whether components after it see the request's headers."),
    response_headers: field(map(string), undefined, "Headers of every answer."),
    compression_algorithms: field(
      list(oneOf("", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4")),
      undefined,
      "Accepted; all that can be undone are.",
    ),
    read_timeout: field(duration, "0s", "How long a request may take to come; 0 is no limit."),
    read_header_timeout: field(duration, "1m", "The same for its headers."),
    write_timeout: field(duration, "30s", "Accepted; an answer is short."),
    idle_timeout: field(duration, "1m", "How long a connection may stay open without a request."),
    keep_alives_enabled: field(boolean, true, "Whether connections stay open at all."),
    middlewares: field(anything, undefined, "Accepted; there are none."),
  };
}
