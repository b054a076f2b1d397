/** Serves one page in Prometheus's text format under `/metrics`, and what else its owner adds. */
import { TEXT_FORMAT } from "../telemetry/exposition.ts";
import type { Address } from "./address.ts";
import { serveRoutes, type Route, type RouteServer } from "./http-routes.ts";

export interface Page {
  readonly text: string;
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
  const metrics: Route = (request, response) => {
    const { text, contentType = TEXT_FORMAT } = page(request.headers.accept ?? "");
    response.writeHead(200, { "content-type": contentType }).end(request.method === "HEAD" ? undefined : text);
  };
  return serveRoutes(address, path, { "/metrics": metrics, ...routes }, report);
}
