import {
  boolean,
  duration,
  field,
  integer,
  list,
  optional,
  oneOf,
  section,
  string,
  switches,
  type Schema,
} from "../../../schema/schema.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import type { Address } from "../../../net/address.ts";

export interface GrpcConfig {
  readonly endpoint: Address;
  readonly transport: "tcp";
  readonly max_recv_msg_size_mib: number;
  readonly max_concurrent_streams: number;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
  readonly include_metadata: boolean;
}

export interface CorsConfig {
  readonly allowed_origins: readonly string[];
  readonly allowed_headers: readonly string[];
  readonly exposed_headers: readonly string[];
  readonly max_age: number;
}

export interface HttpConfig {
  readonly endpoint: Address;
  readonly traces_url_path: string;
  readonly metrics_url_path: string;
  readonly logs_url_path: string;
  readonly max_request_body_size: number;
  readonly cors: CorsConfig | undefined;
  readonly read_header_timeout: number;
  readonly idle_timeout: number;
  readonly include_metadata: boolean;
}

export interface OtlpReceiverConfig {
  readonly protocols: { readonly grpc?: GrpcConfig; readonly http?: HttpConfig };
}

const grpc: Schema<GrpcConfig> = section({
  endpoint: field(endpoint, "localhost:4317", "Where to listen, `host:port`."),
  transport: field(oneOf("tcp"), "tcp", "Only TCP."),
  max_recv_msg_size_mib: field(integer(1, 1_024), 4, "The largest request, before and after decompression, in MiB."),
  max_concurrent_streams: field(integer(1, 100_000), 1_000, "Requests in hand at once on one connection."),
  read_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
  write_buffer_size: field(integer(), 32_768, "Accepted; Node sizes its buffers itself."),
  include_metadata: field(boolean, false, "Accepted; no component reads client metadata yet."),
});

const cors: Schema<CorsConfig> = section({
  allowed_origins: field(list(string), undefined, "Origins of pages that may send, `*` stands for any text."),
  allowed_headers: field(list(string), undefined, "Request headers that they may use beside the usual ones."),
  exposed_headers: field(list(string), undefined, "Response headers that they may read."),
  max_age: field(integer(), 0, "For how many seconds a browser may remember the answer; 0 leaves it to the browser."),
});

const http: Schema<HttpConfig> = section({
  endpoint: field(endpoint, "localhost:4318", "Where to listen, `host:port`."),
  traces_url_path: field(string, "/v1/traces", "The path for traces."),
  metrics_url_path: field(string, "/v1/metrics", "The path for metrics."),
  logs_url_path: field(string, "/v1/logs", "The path for logs."),
  max_request_body_size: field(
    integer(1),
    20 * 1024 * 1024,
    "The largest body, before and after decompression, in bytes.",
  ),
  cors: field(optional(cors), undefined, "Which web pages may send; none unless it is written."),
  read_header_timeout: field(duration, "1m", "How long a client may take to send its headers."),
  idle_timeout: field(duration, "1m", "How long a connection may stay open without a request."),
  include_metadata: field(boolean, false, "Accepted; no component reads client metadata yet."),
});

export const schema: Schema<OtlpReceiverConfig> = section(
  {
    protocols: field(
      switches<OtlpReceiverConfig["protocols"]>({ grpc, http }),
      undefined,
      "The protocols that it listens on.",
    ),
  },
  ({ protocols }, place) => {
    if (protocols.grpc === undefined && protocols.http === undefined) {
      place.problem(
        "must specify at least one protocol when using the OTLP receiver",
        'write "protocols: { grpc: , http: }"',
      );
    }
  },
);
