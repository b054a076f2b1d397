import type { Socket } from "node:net";
import type { Settings } from "../component.ts";
import type { Address } from "./address.ts";
import type { ServerTlsConfig } from "./server-tls.ts";
import { listenOnSockets, type Listening, type SocketListener } from "./tls-listener.ts";

const CHECK_INTERVAL_MS = 1_000;
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

/** What a server does with each of its connections. */
interface ServedConnection {
  /** Parts from the peer if it has had its time. */
  check(): void;
  /** Takes no new requests, and ends when those in hand were answered. */
  close(): void;
  destroy(): void;
}

type Protocol = Pick<Listening, "protocol" | "lends">;

/** Listens on a socket, over TLS where that is configured, and looks after the connections. */
export class ConnectionServer {
  readonly #settings: Settings;
  readonly #protocol: Protocol;
  readonly #serve: (socket: Socket) => ServedConnection;
  readonly #connections = new Set<ServedConnection>();
  #listener: SocketListener | undefined;
  #stopChecking: () => void = () => {};
  #lastEnded: () => void = () => {};

  constructor(settings: Settings, protocol: Protocol, serve: (socket: Socket) => ServedConnection) {
    this.#settings = settings;
    this.#protocol = protocol;
    this.#serve = serve;
  }

  /** Rejects as listening does, or with `FILE_UNREADABLE`. */
  async listen(address: Address, path: string, tls?: ServerTlsConfig): Promise<Address> {
    const listening = { settings: this.#settings, address, path, tls, ...this.#protocol };
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
    await Promise.all([closed, this.#allEnded()]);
    cancel();
    this.#stopChecking();
  }

  #allEnded(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#lastEnded = resolve));
  }

  #accept(socket: Socket): void {
    const connection = this.#serve(socket);
    this.#connections.add(connection);
    socket.on("close", () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#lastEnded();
    });
  }
}
