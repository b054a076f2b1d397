// Only types: what is loaded at the first connection costs the start of a process nothing.
import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";

/** Where an HTTP/2 server is. */
export interface Target {
  /** A host and port, or a Unix socket. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  /** Undefined where there is no TLS. */
  readonly tls: ConnectionOptions | undefined;
}

/** Resolves with a socket that speaks HTTP/2 from its first byte. */
export function connectSocket({ address, tls }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isTls = tls !== undefined;
    const socket: Socket | TLSSocket = isTls
      ? process.getBuiltinModule("node:tls").connect({ ...address, ALPNProtocols: ["h2"], ...tls })
      : process.getBuiltinModule("node:net").connect({ ...address, noDelay: true });
    socket.once("error", reject);
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.off("error", reject);
      if (isTls && (socket as TLSSocket).alpnProtocol !== "h2") {
        socket.destroy();
        return reject(new Error("the server does not speak HTTP/2: it chose no ALPN protocol h2"));
      }
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
