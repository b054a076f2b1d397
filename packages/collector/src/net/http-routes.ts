/** A small HTTP server for pages and checks, not for telemetry. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsOptions } from "node:tls";
import { messageOf } from "@clew/base";
import type { Address } from "./address.ts";
import { listen } from "./listen.ts";

/** Answers a request. What it throws is answered with 500. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void;

export interface RouteServer {
  readonly address: Address;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly tls?: TlsOptions | undefined;
  readonly times?: Pick<ServerOptions, "requestTimeout" | "headersTimeout" | "keepAliveTimeout">;
}

/** Starts it; `routes` are by their path, and what has none is not found. Rejects as `listen` does. */
export async function serveRoutes(
  address: Address,
  path: string,
  routes: Readonly<Record<string, Route>>,
  report: (error: unknown) => void,
  { tls, times = {} }: ServeOptions = {},
): Promise<RouteServer> {
  const serve: RequestListener = (request, response) => {
    try {
      const [pathname = "/"] = (request.url ?? "/").split("?", 1);
      const route = routes[pathname];
      if (route === undefined) response.writeHead(404).end("404 page not found\n");
      else route(request, response);
    } catch (error) {
      report(error);
      response.writeHead(500).end(messageOf(error));
    }
  };
  const server = tls === undefined ? createServer(times, serve) : createTlsServer({ ...times, ...tls }, serve);
  const bound = await listen(server, address, path, report);
  return {
    address: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
