/** Which web pages may send: the CORS protocol (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsConfig } from "./config.ts";

/** Sets the headers that let the request's origin in, if it is allowed. */
export function allowOrigin(cors: CorsConfig, request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader("vary", "Origin");
  if (origin === undefined || !cors.allowed_origins.some((allowed) => matches(allowed, origin))) return;
  response.setHeader("access-control-allow-origin", origin);
  if (cors.exposed_headers.length > 0)
    response.setHeader("access-control-expose-headers", cors.exposed_headers.join(", "));
  if (!isPreflight(request)) return;
  const headers = ["Accept", "Content-Type", "Content-Encoding", "X-Requested-With", ...cors.allowed_headers];
  response.setHeader("access-control-allow-methods", "POST");
  response.setHeader("access-control-allow-headers", headers.join(", "));
  if (cors.max_age > 0) response.setHeader("access-control-max-age", cors.max_age);
}

export function isPreflight(request: IncomingMessage): boolean {
  return request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
}

/** `*` stands for any text, also inside: `https://*.example.com`. */
function matches(pattern: string, origin: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === origin;
  const tail = rest.pop() ?? "";
  return origin.length >= head.length + tail.length && origin.startsWith(head) && origin.endsWith(tail);
}
