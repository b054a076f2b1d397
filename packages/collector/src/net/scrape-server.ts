/** Serves one page in Prometheus's formats under `/metrics`, and what else its owner adds. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzip } from "node:zlib";
import { TEXT_FORMAT } from "../telemetry/exposition.ts";
import type { Address } from "./address.ts";
import { serveRoutes, type Route, type RouteServer } from "./http-routes.ts";

export interface Page {
  readonly body: string | Uint8Array;
  /** Default: the text format 0.0.4. */
  readonly contentType?: string;
}

/** Starts it. `page` is made anew for every scrape, for what its `Accept` header asks. Rejects as `listen` does. */
export function serveMetrics(
  address: Address,
  path: string,
  page: (accept: string) => Page,
  report: (error: unknown) => void,
  routes: Readonly<Record<string, Route>> = {},
): Promise<RouteServer> {
  return serveRoutes(address, path, { "/metrics": metricsRoute(page), ...routes }, report);
}

/** The route of such a page. It is compressed for those who take gzip, as Prometheus does. */
export function metricsRoute(page: (accept: string) => Page): Route {
  return (request, response) => {
    const { body, contentType = TEXT_FORMAT } = page(request.headers.accept ?? "");
    response.setHeader("content-type", contentType);
    if (request.method === "HEAD") response.writeHead(200).end();
    else if (takesGzip(request)) endCompressed(response, body);
    else response.writeHead(200).end(body);
  };
}

function endCompressed(response: ServerResponse, body: string | Uint8Array): void {
  gzip(body, (error, compressed) => {
    if (error === null) response.writeHead(200, { "content-encoding": "gzip" }).end(compressed);
    else response.destroy(error);
  });
}

function takesGzip({ headers }: IncomingMessage): boolean {
  const accepted = (headers["accept-encoding"] ?? "").split(",");
  return accepted.some((one) => /^\s*gzip\s*(;\s*q=(1|0?\.0*[1-9])[\d.]*\s*)?$/.test(one));
}
