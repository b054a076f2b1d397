/** OTLP/gRPC: the three Export methods on our own HTTP/2 server. */
import { payloadOf, PROTOCOLS, RPC_CODE, SIGNALS, type Client, type Payload, type Signal } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import { CallError } from "../../../grpc/call-error.ts";
import { grpcHandler, type Call, type Method } from "../../../grpc/server.ts";
import { Http2Server } from "../../../http2/server.ts";
import type { Address } from "../../../net/address.ts";
import type { Receiving } from "../../../net/receiving.ts";
import type { GrpcConfig } from "./config.ts";
import { hasCode, refusalStatus, whatOf } from "./outcome.ts";

export class GrpcServer {
  readonly #config: GrpcConfig;
  readonly #server: Http2Server;

  constructor(settings: Settings, config: GrpcConfig, next: Consumers, receiving: Receiving) {
    this.#config = config;
    const methods = new Map<string, Method<Client | undefined>>();
    for (const signal of SIGNALS) {
      const consumer = next[signal];
      if (consumer !== undefined) methods.set(PROTOCOLS[signal].grpcPath, exportMethod(signal, consumer));
    }
    const handler = {
      methods,
      maxMessageBytes: config.max_recv_msg_size_mib * 1024 * 1024,
      receiving,
      statusOf: refusalStatus,
    };
    this.#server = new Http2Server(settings, {
      maxConcurrentStreams: config.max_concurrent_streams,
      keepalive: {
        maxConnectionIdleMs: Infinity,
        maxConnectionAgeMs: Infinity,
        maxConnectionAgeGraceMs: Infinity,
        timeMs: 2 * 60 * 60 * 1_000,
        timeoutMs: 20_000,
        minPingIntervalMs: 300_000,
        permitWithoutStream: false,
      },
      serve: (socket) => grpcHandler(handler, socket),
    });
  }

  listen(path: string): Promise<Address> {
    return this.#server.listen(this.#config.endpoint, path);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function exportMethod(signal: Signal, consumer: Consumer): Method<Client | undefined> {
  return {
    admit(_call: Call) {
      const refusal = consumer.refusal?.();
      if (refusal !== undefined) throw refusal;
      return undefined;
    },
    take: (message, client) => consumer.consume(payloadFrom(signal, message, client)),
  };
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
