/** Takes Thrift messages in UDP packets, as Jaeger's agent does. Senders get no answer: what finds no room is lost, and counted. */
import { createSocket, type Socket } from "node:dgram";
import { ClewError, messageOf } from "@clew/base";
import type { Settings } from "../../../component.ts";
import { addressText, type Address } from "../../../net/address.ts";
import { whatOf } from "../../../net/outcome.ts";
import type { ThriftReader } from "../../../thrift/thrift-value.ts";
import type { UdpConfig } from "./config.ts";
import type { JaegerBatch } from "./jaeger-span.ts";
import { batchOfThrift } from "./thrift-batch.ts";

export interface UdpServerSettings {
  readonly settings: Settings;
  readonly config: UdpConfig;
  readonly protocol: string;
  readonly readerFor: (packet: Buffer) => ThriftReader;
  readonly take: (batch: JaegerBatch) => Promise<void>;
}

export class UdpServer {
  readonly #own: UdpServerSettings;
  readonly #waiting: Buffer[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #dropped: { add(count: number): void };
  #socket: Socket | undefined;

  constructor(own: UdpServerSettings) {
    this.#own = own;
    const { settings, protocol } = own;
    this.#dropped = settings.meter.counter(
      "otelcol_receiver_udp_packets_dropped",
      "Number of UDP packets that found no room or could not be read.",
      {
        receiver: settings.id,
        transport: protocol,
      },
    );
  }

  /** Rejects with `LISTEN_FAILED`. */
  async listen(path: string): Promise<Address> {
    const { config, settings } = this.#own;
    const { host, port } = config.endpoint;
    const socket = createSocket({
      type: host.includes(":") ? "udp6" : "udp4",
      ...(config.socket_buffer_size === 0 ? {} : { recvBufferSize: config.socket_buffer_size }),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind(port, host, () => {
          socket.off("error", reject);
          resolve();
        });
      });
    } catch (cause) {
      socket.close();
      throw new ClewError("LISTEN_FAILED", `cannot listen on ${addressText(config.endpoint)}: ${messageOf(cause)}`, {
        path,
        remedy: "name an address of this machine, and a port that is free",
        cause,
      });
    }
    socket.on("error", settings.report);
    socket.on("message", (packet) => this.#add(packet));
    this.#socket = socket;
    return { host, port: socket.address().port };
  }

  /** Takes nothing new; resolves when what had come was handed on. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #add(packet: Buffer): void {
    const { config } = this.#own;
    if (packet.length > config.max_packet_size || this.#waiting.length >= config.queue_size) {
      this.#dropped.add(1);
      return;
    }
    this.#waiting.push(packet);
    this.#next();
  }

  #next(): void {
    while (this.#running.size < this.#own.config.workers) {
      const packet = this.#waiting.shift();
      if (packet === undefined) return;
      const running = this.#take(packet).finally(() => {
        this.#running.delete(running);
        this.#next();
      });
      this.#running.add(running);
    }
  }

  async #take(packet: Buffer): Promise<void> {
    const { settings, readerFor, take, protocol } = this.#own;
    try {
      const message = readerFor(packet).message();
      const batch = message.arguments.struct(1);
      if (message.name !== "emitBatch" || batch === undefined) throw new Error(`unsupported message ${message.name}`);
      await take(batchOfThrift(batch));
    } catch (error) {
      this.#dropped.add(1);
      settings.logger.debug("UDP packet was not taken", { transport: protocol, error: whatOf(error) });
    }
  }
}
