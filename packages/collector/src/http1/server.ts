import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Settings } from "../component.ts";
import type { Address } from "../net/address.ts";
import { listen } from "../net/listen.ts";
import { Http1Connection, type ConnectionSettings } from "./connection.ts";

const CHECK_INTERVAL_MS = 1_000;
/** How long a client that sends nothing more may hold up a shutdown. */
const CLOSE_GRACE_MS = 10_000;

export type Http1ServerSettings = Omit<ConnectionSettings, "nowMs" | "date" | "report">;

/** Listens for HTTP/1.1, over TLS where `tls` is given. */
export class Http1Server {
  readonly #settings: Settings;
  readonly #connection: ConnectionSettings;
  readonly #connections = new Set<Http1Connection>();
  #server: Server | undefined;
  #stopChecking: () => void = () => {};

  constructor(settings: Settings, own: Http1ServerSettings) {
    this.#settings = settings;
    const nowMs = (): number => settings.clock.nowMs();
    this.#connection = { ...own, nowMs, date: dateOf(nowMs), report: settings.report };
  }

  async listen(address: Address, path: string, tls?: TlsOptions): Promise<Address> {
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server =
      tls === undefined
        ? createServer({ noDelay: true, allowHalfOpen: true }, accept)
        : createTlsServer({ noDelay: true, allowHalfOpen: true, ALPNProtocols: ["http/1.1"], ...tls }, accept);
    this.#server.on("tlsClientError", (error: Error) => {
      this.#settings.logger.debug("HTTP connection failed", { error: error.message });
    });
    const bound = await listen(this.#server, address, path, this.#settings.report);
    this.#stopChecking = this.#settings.clock.every(CHECK_INTERVAL_MS, () => {
      for (const connection of this.#connections) connection.check();
    });
    return bound;
  }

  /** Takes no new requests; resolves when those in hand were answered. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
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
