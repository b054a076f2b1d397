/** An HTTP server that makes a span of each request, by the HTTP semantic conventions. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { context, type Histogram, propagation, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Log } from "./log.ts";
import type { Telemetry } from "./telemetry.ts";

/** Source: semantic conventions, `http.server.request.duration`, in seconds. */
export const DURATION_BOUNDARIES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly method: string;
  /** As span names and metrics have it: "/items/:id". */
  readonly path: string;
  readonly pattern: RegExp;
  /** `parameters` are the groups of `pattern`. */
  handle(url: URL, parameters: readonly string[]): Promise<Answer>;
}

export interface TracedServer {
  /** http://host:port */
  readonly url: string;
  readonly port: number;
  /** Resolves when the requests under way are answered. */
  close(): Promise<void>;
}

/** Each request ends with a line in the access log, written while its span is active. */
export async function startServer(
  { tracer, meter }: Telemetry,
  log: Log,
  routes: readonly Route[],
  port: number,
): Promise<TracedServer> {
  const duration = meter.createHistogram("http.server.request.duration", {
    unit: "s",
    description: "Duration of HTTP server requests.",
    advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES] },
  });
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname));
    const name = route === undefined ? (request.method ?? "HTTP") : `${route.method} ${route.path}`;
    const parent = propagation.extract(context.active(), request.headers);
    const options = { kind: SpanKind.SERVER, attributes: requestAttributes(request, url, route) };
    void tracer.startActiveSpan(name, options, parent, async (span) => {
      const startMs = performance.now();
      const answer = await answerOf(route, url, span);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
      const elapsedMs = performance.now() - startMs;
      finish(span, answer.status);
      record(duration, elapsedMs / 1_000, request, route, answer.status);
      logAccess(log, name, answer.status, elapsedMs);
      span.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, close: () => close(server) };
}

async function answerOf(route: Route | undefined, url: URL, span: Span): Promise<Answer> {
  if (route === undefined) return { status: 404, body: { detail: "Not found" } };
  try {
    return await route.handle(url, route.pattern.exec(url.pathname)?.slice(1) ?? []);
  } catch (thrown) {
    span.recordException(thrown as Error);
    return { status: 500, body: { detail: "Internal error" } };
  }
}

function requestAttributes(
  request: http.IncomingMessage,
  url: URL,
  route: Route | undefined,
): Record<string, string | number> {
  return {
    "http.request.method": request.method ?? "",
    "url.scheme": "http",
    "url.path": url.pathname,
    ...(url.search !== "" && { "url.query": url.search.slice(1) }),
    ...(route !== undefined && { "http.route": route.path }),
    "server.address": url.hostname,
    "server.port": Number(url.port),
    "client.address": request.socket.remoteAddress ?? "",
    "network.protocol.version": request.httpVersion,
    "user_agent.original": request.headers["user-agent"] ?? "",
  };
}

/** A server's span is an error only when the server is at fault: 5xx. */
function finish(span: Span, status: number): void {
  span.setAttribute("http.response.status_code", status);
  if (status < 500) return;
  span.setAttribute("error.type", String(status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Recorded while the span is active, so that the histogram's exemplars point at it. */
function record(
  duration: Histogram,
  seconds: number,
  request: http.IncomingMessage,
  route: Route | undefined,
  status: number,
): void {
  duration.record(seconds, {
    "http.request.method": request.method ?? "",
    "http.response.status_code": status,
    "url.scheme": "http",
    ...(route !== undefined && { "http.route": route.path }),
    ...(status >= 500 && { "error.type": String(status) }),
  });
}

function logAccess(log: Log, name: string, status: number, elapsedMs: number): void {
  const level = status >= 500 ? "error" : status >= 400 ? "warn" : "info";
  const fields = { "http.response.status_code": status, duration_ms: Math.round(elapsedMs * 10) / 10 };
  log[level](fields, `${name} ${status}`);
}

function close(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
