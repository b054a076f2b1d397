/** Servers on bare sockets, over TLS where that is configured. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import type { Settings } from "../component.ts";
import type { Address } from "./address.ts";
import { lendingSocket } from "./lent-reads.ts";
import { listen } from "./listen.ts";
import { serverTlsOptions, type ServerTlsConfig } from "./server-tls.ts";

export interface SocketListener {
  readonly address: Address;
  /** Takes no new connections; those there are may live on. */
  close(): Promise<void>;
}

/** What the settings of a listener are. */
export interface Listening {
  readonly settings: Settings;
  readonly address: Address;
  /** The configuration path of the address; that of `tls` stands beside it. */
  readonly path: string;
  readonly tls: ServerTlsConfig | undefined;
  /** What is spoken, for ALPN. */
  readonly protocol: string;
  /** Whether its connections take what is read by `takeReads`. */
  readonly lends: boolean;
}

/** Gives each connection to `accept`, once TLS was agreed on. Rejects as `listen` does, or with `FILE_UNREADABLE`. */
export async function listenOnSockets(listening: Listening, accept: (socket: Socket) => void): Promise<SocketListener> {
  const { settings, address, path, tls, protocol, lends } = listening;
  if (tls === undefined) {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: lends }, (socket) =>
      accept(lends ? lendingSocket(socket) : socket),
    );
    const bound = await listen(server, address, path, settings.report);
    return { address: bound, close: () => closed(server) };
  }
  const tlsPath = path.replace(/endpoint$/, "tls");
  const server = createTlsServer(
    { noDelay: true, ALPNProtocols: [protocol], ...(await serverTlsOptions(tls, tlsPath)) },
    accept,
  );
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    socket.destroy();
    settings.logger.debug("TLS handshake failed", { error: error.message });
  });
  const bound = await listen(server, address, path, settings.report);
  const stopReloading = reloading(server, tls, tlsPath, settings);
  return {
    address: bound,
    close() {
      stopReloading();
      return closed(server);
    },
  };
}

/** Reads the files again now and then; what cannot be read leaves those that are in use. */
function reloading(server: TlsServer, tls: ServerTlsConfig, path: string, { clock, logger }: Settings): () => void {
  if (tls.reload_interval === 0) return () => {};
  return clock.every(tls.reload_interval, () => {
    serverTlsOptions(tls, path).then(
      (options) => server.setSecureContext(options),
      (error: unknown) => logger.error("Certificates could not be read again", { error: String(error) }),
    );
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
