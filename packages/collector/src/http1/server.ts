import type { Socket } from "node:net";
import type { Settings } from "../component.ts";
import type { Address } from "../net/address.ts";
import type { ServerTlsConfig } from "../net/server-tls.ts";
import { listenOnSockets, type SocketListener } from "../net/tls-listener.ts";
import { Http1Connection, type ConnectionSettings } from "./connection.ts";

const CHECK_INTERVAL_MS = 1_000;
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

export type Http1ServerSettings = Omit<ConnectionSettings, "nowMs" | "date" | "report">;

/** Listens for HTTP/1.1, over TLS where that is configured. */
export class Http1Server {
  readonly #settings: Settings;
  readonly #connection: ConnectionSettings;
  readonly #connections = new Set<Http1Connection>();
  #listener: SocketListener | undefined;
  #stopChecking: () => void = () => {};

  constructor(settings: Settings, own: Http1ServerSettings) {
    this.#settings = settings;
    const nowMs = (): number => settings.clock.nowMs();
    this.#connection = { ...own, nowMs, date: dateOf(nowMs), report: settings.report };
  }

  /** Rejects as listening does, or with `FILE_UNREADABLE`. */
  async listen(address: Address, path: string, tls?: ServerTlsConfig): Promise<Address> {
    const listening = { settings: this.#settings, address, path, tls, protocol: "http/1.1" };
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
    const connection = new Http1Connection(socket, this.#connection);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
  }
}

/** The `Date` header's value, written once a second. */
function dateOf(nowMs: () => number): () => string {
  let second = -1;
  let text = "";
  return () => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
