/** Which web pages may talk to a server. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsConfig } from "./post-server-config.ts";

/** Lets the origin in where it is allowed. True for a question that is thereby answered. */
export function allowOrigin(
  cors: CorsConfig | undefined,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin } = request.headers;
  if (cors === undefined || origin === undefined) return false;
  response.setHeader("vary", "Origin");
  const isPreflight = request.method === "OPTIONS" && "access-control-request-method" in request.headers;
  if (!cors.allowed_origins.some((pattern) => originMatches(pattern, origin))) return isPreflight;
  response.setHeader("access-control-allow-origin", origin);
  if (cors.exposed_headers.length > 0)
    response.setHeader("access-control-expose-headers", cors.exposed_headers.join(", "));
  if (!isPreflight) return false;
  response.setHeader("access-control-allow-methods", method);
  response.setHeader(
    "access-control-allow-headers",
    ["Accept", "Content-Type", "Content-Encoding", ...cors.allowed_headers].join(", "),
  );
  if (cors.max_age > 0) response.setHeader("access-control-max-age", cors.max_age);
  return true;
}

function originMatches(pattern: string, origin: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(origin);
}
