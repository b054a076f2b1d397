/** Which web pages may send: the CORS protocol (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import type { RequestHead } from "../../../http1/request-head.ts";
import type { HttpConfig } from "./config.ts";

type CorsConfig = NonNullable<HttpConfig["cors"]>;

/** The headers that let the request's origin in, if it is allowed. */
export function corsHeaders(cors: CorsConfig, request: RequestHead): Record<string, string> {
  const origin = request.headers.get("origin");
  const headers: Record<string, string> = { Vary: "Origin" };
  if (origin === undefined || !cors.allowed_origins.some((allowed) => matches(allowed, origin))) return headers;
  headers["Access-Control-Allow-Origin"] = origin;
  if (cors.exposed_headers.length > 0) headers["Access-Control-Expose-Headers"] = cors.exposed_headers.join(", ");
  if (!isPreflight(request)) return headers;
  const allowed = ["Accept", "Content-Type", "Content-Encoding", "X-Requested-With", ...cors.allowed_headers];
  headers["Access-Control-Allow-Methods"] = "POST";
  headers["Access-Control-Allow-Headers"] = allowed.join(", ");
  if (cors.max_age > 0) headers["Access-Control-Max-Age"] = String(cors.max_age);
  return headers;
}

export function isPreflight({ method, headers }: RequestHead): boolean {
  return method === "OPTIONS" && headers.has("access-control-request-method");
}

/** `*` stands for any text, also inside: `https://*.example.com`. */
function matches(pattern: string, origin: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === origin;
  const tail = rest.pop() ?? "";
  return origin.length >= head.length + tail.length && origin.startsWith(head) && origin.endsWith(tail);
}
