import type { Socket } from "node:net";
import type { Settings } from "../component.ts";
import type { Address } from "../net/address.ts";
import type { ServerTlsConfig } from "../net/server-tls.ts";
import { listenOnSockets, type SocketListener } from "../net/tls-listener.ts";
import { Http2Connection, type ConnectionSettings } from "./connection.ts";

const CHECK_INTERVAL_MS = 1_000;
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

export interface Http2ServerSettings extends Pick<ConnectionSettings, "maxConcurrentStreams" | "keepalive"> {
  /** Makes what a new connection's requests are given to. */
  readonly serve: (socket: Socket) => ConnectionSettings["begin"];
}

/** Listens for HTTP/2, over TLS where that is configured, and parts from connections that have had their time. */
export class Http2Server {
  readonly #settings: Settings;
  readonly #own: Http2ServerSettings;
  readonly #connections = new Set<Http2Connection>();
  #listener: SocketListener | undefined;
  #stopChecking: () => void = () => {};

  constructor(settings: Settings, own: Http2ServerSettings) {
    this.#settings = settings;
    this.#own = own;
  }

  /** Rejects as listening does, or with `FILE_UNREADABLE`. */
  async listen(address: Address, path: string, tls?: ServerTlsConfig): Promise<Address> {
    const listening = { settings: this.#settings, address, path, tls, protocol: "h2" };
    this.#listener = await listenOnSockets(listening, (socket) => this.#accept(socket));
    this.#stopChecking = this.#settings.clock.every(CHECK_INTERVAL_MS, () => {
      for (const connection of this.#connections) connection.check();
    });
    return this.#listener.address;
  }

  /** Takes no new requests; resolves when those in hand were answered. */
  async close(): Promise<void> {
    const closed = this.#listener?.close();
    for (const connection of this.#connections) connection.close();
    const cancel = this.#settings.clock.after(CLOSE_GRACE_MS, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    await closed;
    cancel();
    this.#stopChecking();
  }

  #accept(socket: Socket): void {
    const connection = new Http2Connection(socket, {
      maxConcurrentStreams: this.#own.maxConcurrentStreams,
      keepalive: this.#own.keepalive,
      nowMs: () => this.#settings.clock.nowMs(),
      begin: this.#own.serve(socket),
      failed: (what) => this.#failed(what),
      report: this.#settings.report,
    });
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
  }

  #failed(what: string): void {
    this.#settings.logger.debug("HTTP/2 connection failed", { error: what });
  }
}
