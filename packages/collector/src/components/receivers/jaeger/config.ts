import {
  anything,
  boolean,
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

export interface JaegerGrpcConfig {
  readonly endpoint: Address;
  readonly transport: string;
  readonly tls: ServerTlsConfig | undefined;
  readonly max_recv_msg_size_mib: number;
  readonly max_concurrent_streams: number;
  readonly read_buffer_size: unknown;
  readonly write_buffer_size: unknown;
  readonly keepalive: unknown;
  readonly auth: { readonly authenticator: string } | undefined;
  readonly include_metadata: boolean;
  readonly middlewares: unknown;
}

export interface UdpConfig {
  readonly endpoint: Address;
  readonly queue_size: number;
  readonly max_packet_size: number;
  readonly workers: number;
  readonly socket_buffer_size: number;
}

export interface JaegerConfig {
  readonly protocols: {
    readonly grpc?: JaegerGrpcConfig;
    readonly thrift_http?: PostServerConfig;
    readonly thrift_binary?: UdpConfig;
    readonly thrift_compact?: UdpConfig;
  };
  readonly remote_sampling: unknown;
}

const auth = section({
  authenticator: field(string, "", "The extension that knows clients."),
});

const grpc: Schema<JaegerGrpcConfig> = section<JaegerGrpcConfig>({
  endpoint: field(endpoint, "localhost:14250", "Where to listen, `host:port`."),
  transport: field(oneOf("tcp", "tcp4", "tcp6"), "tcp", "Accepted; TCP."),
  tls: field(optional(serverTls), undefined, "TLS; none unless it is written."),
  max_recv_msg_size_mib: field(integer(1, 1_024), 4, "The largest request, before and after decompression, in MiB."),
  max_concurrent_streams: field(integer(1, 100_000), 1_000, "Requests in hand at once on one connection."),
  read_buffer_size: field(anything, undefined, "Accepted; Node sizes its buffers itself."),
  write_buffer_size: field(anything, undefined, "Accepted; Node sizes its buffers itself."),
  keepalive: field(anything, undefined, "Accepted; gRPC's defaults hold."),
  auth: field(optional(auth), undefined, "Who may send; all unless it is written."),
  include_metadata: field(boolean, false, "Whether components after it see the request's headers."),
  middlewares: field(anything, undefined, "Accepted; there are none."),
});

const udp = (port: number): Schema<UdpConfig> =>
  section<UdpConfig>({
    endpoint: field(endpoint, `localhost:${port}`, "Where to listen, `host:port`."),
    queue_size: field(integer(1), 1_000, "At most so many packets wait; more are dropped and counted."),
    max_packet_size: field(integer(1), 65_000, "Larger packets are dropped and counted."),
    workers: field(integer(1), 10, "So many packets are handed on at once."),
    socket_buffer_size: field(integer(), 0, "The size of the socket's buffer; 0 leaves it to the system."),
  });

export const schema: Schema<JaegerConfig> = section<JaegerConfig>(
  {
    protocols: field(
      switches<JaegerConfig["protocols"]>({
        grpc,
        thrift_http: section(postServerFields("localhost:14268")),
        thrift_binary: udp(6_832),
        thrift_compact: udp(6_831),
      }),
      undefined,
      "The protocols that it listens on.",
    ),
    remote_sampling: field(optional(anything), undefined, "Refused."),
  },
  ({ protocols, remote_sampling }, place) => {
    if (Object.keys(protocols).length === 0) {
      place.problem(
        "must specify at least one protocol when using the Jaeger receiver",
        'write "protocols: { grpc: }"',
      );
    }
    if (remote_sampling !== undefined) {
      place.problem(
        "remote sampling config detected in the Jaeger receiver; use the `jaegerremotesampling` extension instead",
        "remove it",
      );
    }
  },
);
