import type { Socket } from "node:net";
import type { Settings } from "../component.ts";
import { ConnectionServer } from "../net/connection-server.ts";
import { Http2Connection, type ConnectionSettings } from "./connection.ts";

export interface Http2ServerSettings extends Pick<ConnectionSettings, "maxConcurrentStreams" | "keepalive"> {
  /** Makes what a new connection's requests are given to. */
  readonly serve: (socket: Socket) => ConnectionSettings["begin"];
}

/** Serves HTTP/2. */
export function http2Server(settings: Settings, own: Http2ServerSettings): ConnectionServer {
  const { keepalive, maxConcurrentStreams } = own;
  const { clock, logger, report } = settings;
  return new ConnectionServer(settings, { protocol: "h2", lends: true }, (socket) => {
    return new Http2Connection(socket, {
      maxConcurrentStreams,
      keepalive,
      nowMs: () => clock.nowMs(),
      begin: own.serve(socket),
      failed: (what) => logger.debug("HTTP/2 connection failed", { error: what }),
      report,
    });
  });
}
