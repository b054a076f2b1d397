/** OTLP/gRPC: the three Export methods on our own HTTP/2 server. */
import { payloadOf, PROTOCOLS, RPC_CODE, SIGNALS, type Client, type Payload, type Signal } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import type { Headers } from "../../../extension.ts";
import { CallError } from "../../../grpc/call-error.ts";
import { grpcHandler, type Call, type Method } from "../../../grpc/server.ts";
import type { KeepaliveSettings } from "../../../http2/keepalive.ts";
import type { ConnectionServer } from "../../../net/connection-server.ts";
import { http2Server } from "../../../http2/server.ts";
import type { Address } from "../../../net/address.ts";
import type { Receiving } from "../../../net/receiving.ts";
import { identifier, type Identify } from "./client.ts";
import type { GrpcConfig, KeepaliveConfig } from "./config.ts";
import { hasCode, refusalStatus, whatOf } from "./outcome.ts";

export class GrpcServer {
  readonly #settings: Settings;
  readonly #config: GrpcConfig;
  readonly #next: Consumers;
  readonly #receiving: Receiving;
  #server: ConnectionServer | undefined;

  constructor(settings: Settings, config: GrpcConfig, next: Consumers, receiving: Receiving) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#receiving = receiving;
  }

  /** Rejects with `EXTENSION_MISSING`, `FILE_UNREADABLE`, or as listening does. */
  listen(path: string): Promise<Address> {
    const { endpoint, tls, keepalive, max_concurrent_streams: maxConcurrentStreams } = this.#config;
    const handler = {
      methods: this.#methods(),
      maxMessageBytes: this.#config.max_recv_msg_size_mib * 1024 * 1024,
      receiving: this.#receiving,
      statusOf: refusalStatus,
    };
    this.#server = http2Server(this.#settings, {
      maxConcurrentStreams,
      keepalive: keepaliveOf(keepalive),
      serve: (socket) => grpcHandler(handler, socket),
    });
    return this.#server.listen(endpoint, path, tls);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #methods(): Map<string, Method<Client | undefined>> {
    const methods = new Map<string, Method<Client | undefined>>();
    const identify = identifier(this.#settings, this.#config);
    for (const signal of SIGNALS) {
      const consumer = this.#next[signal];
      if (consumer !== undefined) methods.set(PROTOCOLS[signal].grpcPath, exportMethod(signal, consumer, identify));
    }
    return methods;
  }
}

function exportMethod(signal: Signal, consumer: Consumer, identify: Identify): Method<Client | undefined> {
  return {
    admit(call) {
      const client = identify(() => metadataOf(call), call.address);
      if (client instanceof Promise) {
        return client.then(
          (known) => {
            refuse(consumer);
            return known;
          },
          (error: unknown) => {
            throw unauthenticated(error);
          },
        );
      }
      refuse(consumer);
      return client;
    },
    take: (message, client) => consumer.consume(payloadFrom(signal, message, client)),
  };
}

/** Throws where the pipeline would refuse whatever comes. */
function refuse(consumer: Consumer): void {
  const refusal = consumer.refusal?.();
  if (refusal !== undefined) throw refusal;
}

function unauthenticated(error: unknown): unknown {
  return hasCode(error, "UNAUTHENTICATED") ? new CallError(RPC_CODE.UNAUTHENTICATED, whatOf(error)) : error;
}

function payloadFrom(signal: Signal, message: Buffer, client: Client | undefined): Payload {
  try {
    const payload = payloadOf(signal, message);
    return client === undefined ? payload : { ...payload, client };
  } catch (error) {
    if (!hasCode(error, "OTLP_MALFORMED")) throw error;
    throw new CallError(RPC_CODE.INTERNAL, `grpc: error unmarshalling request: ${whatOf(error)}`);
  }
}

/** The fields that are no pseudo-headers; `:authority` is there too, as grpc-go has it. */
function metadataOf({ headers }: Call): Headers {
  const metadata = new Map<string, string[]>();
  for (const { name, value } of headers) {
    if (name.startsWith(":") && name !== ":authority") continue;
    const values = metadata.get(name);
    if (values === undefined) metadata.set(name, [value]);
    else values.push(value);
  }
  return metadata;
}

function keepaliveOf({ server_parameters: server, enforcement_policy: policy }: KeepaliveConfig): KeepaliveSettings {
  const limit = (ms: number): number => (ms === 0 ? Infinity : ms);
  return {
    maxConnectionIdleMs: limit(server.max_connection_idle),
    maxConnectionAgeMs: limit(server.max_connection_age),
    maxConnectionAgeGraceMs: limit(server.max_connection_age_grace),
    timeMs: limit(server.time),
    timeoutMs: limit(server.timeout),
    minPingIntervalMs: policy.min_time,
    permitWithoutStream: policy.permit_without_stream,
  };
}
