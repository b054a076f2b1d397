import type { Component, Settings } from "../../../component.ts";
import type { Consumers } from "../../../consumer.ts";
import { addressText, type Address } from "../../../net/address.ts";
import type { OtlpReceiverConfig } from "./config.ts";
import { GrpcServer } from "./grpc-server.ts";
import { HttpServer } from "./http-server.ts";
import { Receiving } from "../../../net/receiving.ts";

/** A server of one protocol. */
interface ProtocolServer {
  /** Resolves with where it listens. */
  listen(path: string): Promise<Address>;
  /** Takes no new requests; resolves when those in hand were answered. */
  close(): Promise<void>;
}

/** Takes OTLP over gRPC and HTTP. A request is answered once everything after the receiver has taken it. */
export class OtlpReceiver implements Component {
  readonly #settings: Settings;
  readonly #servers: readonly { readonly protocol: string; readonly server: ProtocolServer }[];
  #running: ProtocolServer[] = [];

  constructor(
    settings: Settings,
    { protocols: { grpc, http } }: OtlpReceiverConfig,
    next: (transport: string) => Consumers,
  ) {
    this.#settings = settings;
    const receiving = new Receiving();
    this.#servers = [
      ...(grpc === undefined
        ? []
        : [{ protocol: "grpc", server: new GrpcServer(settings, grpc, next("grpc"), receiving) }]),
      ...(http === undefined
        ? []
        : [{ protocol: "http", server: new HttpServer(settings, http, next("http"), receiving) }]),
    ];
  }

  async start(): Promise<void> {
    try {
      for (const { protocol, server } of this.#servers) {
        const setting = `protocols::${protocol}::endpoint`;
        const address = await server.listen(`${this.#settings.path}::${setting}`);
        this.#running.push(server);
        this.#settings.listening(setting, address);
        this.#settings.logger.info(`Starting ${protocol.toUpperCase()} server`, { endpoint: addressText(address) });
      }
    } catch (error) {
      await this.shutdown();
      throw error;
    }
  }

  async shutdown(): Promise<void> {
    const running = this.#running;
    this.#running = [];
    await Promise.all(running.map((server) => server.close()));
  }
}
