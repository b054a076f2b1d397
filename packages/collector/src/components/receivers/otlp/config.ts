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
  switches,
  type Schema,
} from "../../../schema/schema.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import type { Address } from "../../../net/address.ts";
import { postServerFields, type PostServerConfig } from "../../../net/post-server-config.ts";
import { serverTls, type ServerTlsConfig } from "../../../net/server-tls.ts";

interface ServerParameters {
  readonly max_connection_idle: number;
  readonly max_connection_age: number;
  readonly max_connection_age_grace: number;
  readonly time: number;
  readonly timeout: number;
}

export interface KeepaliveConfig {
  readonly server_parameters: ServerParameters;
  readonly enforcement_policy: { readonly min_time: number; readonly permit_without_stream: boolean };
}

export interface GrpcConfig {
  readonly endpoint: Address;
  readonly transport: string;
  readonly tls: ServerTlsConfig | undefined;
  readonly auth: { readonly authenticator: string } | undefined;
  readonly max_recv_msg_size_mib: number;
  readonly max_concurrent_streams: number;
  readonly keepalive: KeepaliveConfig;
  readonly include_metadata: boolean;
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
  readonly middlewares: unknown;
}

export interface HttpConfig extends PostServerConfig {
  readonly traces_url_path: string;
  readonly metrics_url_path: string;
  readonly logs_url_path: string;
}

export interface OtlpReceiverConfig {
  readonly protocols: { readonly grpc?: GrpcConfig; readonly http?: HttpConfig };
}

const serverParameters: Schema<ServerParameters> = section<ServerParameters>({
  max_connection_idle: field(duration, "0s", "How long a connection may stay without a request; 0 is no limit."),
  max_connection_age: field(duration, "0s", "How long any connection may last; 0 is no limit."),
  max_connection_age_grace: field(duration, "0s", "How much longer its requests may take; 0 is no limit."),
  time: field(duration, "2h", "A client that was silent for so long is asked whether it lives."),
  timeout: field(duration, "20s", "How long it may take to answer that."),
});

const enforcementPolicy: Schema<KeepaliveConfig["enforcement_policy"]> = section({
  min_time: field(duration, "5m", "Clients that ask us more often whether we live are sent away."),
  permit_without_stream: field(boolean, false, "Whether they may ask while they have no request."),
});

const keepalive: Schema<KeepaliveConfig> = section<KeepaliveConfig>({
  server_parameters: field(serverParameters, undefined, "How long connections last."),
  enforcement_policy: field(enforcementPolicy, undefined, "What clients may ask."),
});

const auth: Schema<{ readonly authenticator: string }> = section({
  authenticator: field(string, "", "The extension that knows clients."),
});

const grpc: Schema<GrpcConfig> = section<GrpcConfig>({
  endpoint: field(endpoint, "localhost:4317", "Where to listen, `host:port`."),
  transport: field(oneOf("tcp", "tcp4", "tcp6"), "tcp", "Accepted; TCP."),
  tls: field(optional(serverTls), undefined, "TLS; none unless it is written."),
  auth: field(optional(auth), undefined, "Who may send; all unless it is written."),
  max_recv_msg_size_mib: field(integer(1, 1_024), 4, "The largest request, before and after decompression, in MiB."),
  max_concurrent_streams: field(integer(1, 100_000), 1_000, "Requests in hand at once on one connection."),
  keepalive: field(keepalive, undefined, "How long connections last, and what clients may ask."),
  include_metadata: field(boolean, false, "Whether components after it see the request's metadata."),
  read_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
  write_buffer_size: field(integer(), 32_768, "Accepted; Node sizes its buffers itself."),
  middlewares: field(anything, undefined, "Accepted; there are none."),
});

const http: Schema<HttpConfig> = section<HttpConfig>({
  ...postServerFields("localhost:4318"),
  traces_url_path: field(string, "/v1/traces", "The path for traces."),
  metrics_url_path: field(string, "/v1/metrics", "The path for metrics."),
  logs_url_path: field(string, "/v1/logs", "The path for logs."),
  compression_algorithms: field(
    postServerFields("").compression_algorithms.schema,
    undefined,
    'The compressions that bodies may have; `""` is none. All of them unless it is written.',
  ),
  write_timeout: field(duration, "30s", "How long a client may take to read an answer."),
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
