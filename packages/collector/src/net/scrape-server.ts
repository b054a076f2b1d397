/** Serves one page in Prometheus's text format under `/metrics`, and what else its owner adds. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { messageOf } from "@clew/base";
import { TEXT_FORMAT } from "../telemetry/exposition.ts";
import type { Address } from "./address.ts";
import { listen } from "./listen.ts";

export interface ScrapeServer {
  readonly address: Address;
  close(): Promise<void>;
}

export interface Page {
  readonly text: string;
  /** Default: the text format 0.0.4. */
  readonly contentType?: string;
}

/** Answers a request of its own accord. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts it. `routes` are by their path. `page` is made anew for every scrape, for what its `Accept` header asks. Rejects as `listen` does. */
export async function serveMetrics(
  address: Address,
  path: string,
  page: (accept: string) => Page,
  report: (error: unknown) => void,
  routes: Readonly<Record<string, Route>> = {},
): Promise<ScrapeServer> {
  const server = createServer((request, response) => {
    try {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const route = routes[pathname];
      if (route === undefined) answer(pathname, request, response, page);
      else route(request, response);
    } catch (error) {
      report(error);
      response.writeHead(500).end(messageOf(error));
    }
  });
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

function answer(
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
  page: (accept: string) => Page,
): void {
  if (pathname !== "/metrics") return void response.writeHead(404).end("404 page not found\n");
  const { text, contentType = TEXT_FORMAT } = page(request.headers.accept ?? "");
  response.writeHead(200, { "content-type": contentType }).end(request.method === "HEAD" ? undefined : text);
}
