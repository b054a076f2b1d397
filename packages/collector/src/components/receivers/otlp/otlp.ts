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
  readonly #receiving = new Receiving();
  #endMetrics: (() => void)[] = [];
  #running: ProtocolServer[] = [];

  constructor(
    settings: Settings,
    { protocols: { grpc, http } }: OtlpReceiverConfig,
    next: (transport: string) => Consumers,
  ) {
    this.#settings = settings;
    this.#servers = [
      ...(grpc === undefined
        ? []
        : [{ protocol: "grpc", server: new GrpcServer(settings, grpc, next("grpc"), this.#receiving) }]),
      ...(http === undefined
        ? []
        : [{ protocol: "http", server: new HttpServer(settings, http, next("http"), this.#receiving) }]),
    ];
  }

  async start(): Promise<void> {
    this.#observe();
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

  #observe(): void {
    const { meter, id } = this.#settings;
    const name = "clew_receiver";
    const labels = { receiver: id };
    this.#endMetrics = [
      meter.gauge(`${name}_held_bytes`, "Bytes of requests that were not answered yet.", labels, () => {
        return this.#receiving.heldBytes;
      }),
      meter.observedCounter(`${name}_busy_requests`, "Requests refused for want of room.", labels, () => {
        return this.#receiving.refusedRequests;
      }),
    ];
  }

  async shutdown(): Promise<void> {
    for (const end of this.#endMetrics.splice(0)) end();
    const running = this.#running;
    this.#running = [];
    await Promise.all(running.map((server) => server.close()));
  }
}
