/** Jaeger's `CollectorService` over gRPC. */
import { ClewError } from "@clew/base";
import { RPC_CODE, type Client } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { ConsumeError } from "../../../consumer.ts";
import { serverAuthenticatorOf, type Headers } from "../../../extension.ts";
import { CallError } from "../../../grpc/call-error.ts";
import { grpcHandler, type Call, type Method } from "../../../grpc/server.ts";
import type { ConnectionServer } from "../../../net/connection-server.ts";
import { http2Server } from "../../../http2/server.ts";
import type { Address } from "../../../net/address.ts";
import { hasCode, refusalStatus, whatOf } from "../../../net/outcome.ts";
import { Receiving } from "../../../net/receiving.ts";
import type { JaegerGrpcConfig } from "./config.ts";
import type { JaegerBatch } from "./jaeger-span.ts";
import { batchOfRequest } from "./proto-batch.ts";

const POST_SPANS = "/jaeger.api_v2.CollectorService/PostSpans";

export interface BatchTaker {
  /** Why nothing would be taken now. */
  refusal(): ConsumeError | undefined;
  take(batch: JaegerBatch, client: Client | undefined): Promise<void>;
}

export class JaegerGrpcServer {
  readonly #settings: Settings;
  readonly #config: JaegerGrpcConfig;
  readonly #server: ConnectionServer;

  constructor(settings: Settings, config: JaegerGrpcConfig, taker: BatchTaker) {
    this.#settings = settings;
    this.#config = config;
    const postSpans: Method<Client | undefined> = {
      admit: (call) => this.#admit(call, taker),
      take: (message, client) => taker.take(batchFrom(message), client),
    };
    const handler = {
      methods: new Map([[POST_SPANS, postSpans]]),
      maxMessageBytes: config.max_recv_msg_size_mib * 1024 * 1024,
      receiving: new Receiving(),
      statusOf: refusalStatus,
    };
    this.#server = http2Server(settings, {
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

  /** Rejects with `EXTENSION_MISSING` too. */
  async listen(path: string): Promise<Address> {
    const { endpoint, tls, auth } = this.#config;
    if (auth !== undefined) serverAuthenticatorOf(this.#settings, auth.authenticator);
    return this.#server.listen(endpoint, path, tls);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #admit(call: Call, taker: BatchTaker): Promise<Client> | Client | undefined {
    const refusal = taker.refusal();
    if (refusal !== undefined) throw refusal;
    const { auth, include_metadata } = this.#config;
    const { address } = call;
    if (auth === undefined) return include_metadata ? { address, metadata: headersOf(call) } : undefined;
    return this.#authenticated(auth.authenticator, call);
  }

  async #authenticated(authenticator: string, call: Call): Promise<Client> {
    const headers = headersOf(call);
    const metadata: Headers = this.#config.include_metadata ? headers : new Map();
    try {
      const auth = await serverAuthenticatorOf(this.#settings, authenticator).authenticate(headers);
      return { address: call.address, metadata, auth };
    } catch (error) {
      throw hasCode(error, "UNAUTHENTICATED") ? new CallError(RPC_CODE.UNAUTHENTICATED, whatOf(error)) : error;
    }
  }
}

function headersOf({ headers }: Call): Headers {
  const metadata = new Map<string, string[]>();
  for (const { name, value } of headers) metadata.set(name, [...(metadata.get(name) ?? []), value]);
  return metadata;
}

function batchFrom(message: Uint8Array): JaegerBatch {
  try {
    return batchOfRequest(message);
  } catch (error) {
    if (!(error instanceof ClewError)) throw error;
    throw new CallError(RPC_CODE.INTERNAL, `grpc: error unmarshalling request: ${error.what}`);
  }
}
