/**
 * Servers of node:http and node:https, from what Node publishes on `http.server.request.start`.
 * One span a request; handlers run in its context; frameworks fill in the route.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import {
  type Attributes,
  context,
  type Histogram,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  type UpDownCounter,
} from "@opentelemetry/api";
import { splitAuthority } from "../../http/authority.ts";
import { CapturedHeaders } from "../../http/captured-headers.ts";
import { DURATION_BUCKETS } from "../../http/duration-buckets.ts";
import { knownMethod, methodInName } from "../../http/methods.ts";
import { redactedQuery } from "../../http/redacted-url.ts";
import { ServerRequest } from "../../http/server-request.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";
import { readPatterns } from "../../settings.ts";
import { forwardedOf } from "./forwarded.ts";

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

interface Instruments {
  readonly tracer: Tracer;
  readonly duration: Histogram;
  readonly activeRequests: UpDownCounter;
  readonly requestHeaders: CapturedHeaders;
  readonly responseHeaders: CapturedHeaders;
  readonly excludedUrls: readonly RegExp[];
}

/** The events with which a server hands a request to the application. */
const HANDING_OVER: ReadonlySet<string | symbol> = new Set(["request", "checkContinue", "checkExpectation"]);

let instruments: Instruments;
const patchedPrototypes = new Set<object>();
/** The request that Node announced last: it hands it over in the same turn, right after. */
let announced: { readonly message: IncomingMessage; readonly request: ServerRequest } | undefined;

export function start({ tracer, meter, env }: Telemetry): void {
  instruments = {
    tracer,
    duration: meter.createHistogram("http.server.request.duration", {
      unit: "s",
      description: "Duration of HTTP server requests.",
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    }),
    activeRequests: meter.createUpDownCounter("http.server.active_requests", {
      unit: "{request}",
      description: "Number of active HTTP server requests.",
    }),
    requestHeaders: new CapturedHeaders(env, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "request"),
    responseHeaders: new CapturedHeaders(env, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE", "response"),
    excludedUrls: readPatterns(env, "OTEL_NODE_EXCLUDED_URLS"),
  };
}

export const receive: NonNullable<InstrumentationModule["receive"]> = { "http.server.request.start": onRequestStart };

function onRequestStart({ request, response, server }: RequestStart): void {
  const url = request.url ?? "/";
  if (instruments.excludedUrls.some((pattern) => pattern.test(url))) return;
  const startedAtMs = performance.now();
  const method = knownMethod(request.method ?? "GET");
  const attributes = requestAttributes(request, method, url);
  const parent = propagation.extract(ROOT_CONTEXT, request.headers, HEADERS);
  const span = instruments.tracer.startSpan(methodInName(method), { kind: SpanKind.SERVER, attributes }, parent);
  if (!instruments.requestHeaders.isEmpty) {
    instruments.requestHeaders.capture(span, (name) => request.headers[name]);
  }
  const serverRequest = new ServerRequest(parent, span, method, startedAtMs);
  const scheme = attributes["url.scheme"] as string;
  // Under no span: that one request or another was counted is nothing to keep as an exemplar.
  const active = { "http.request.method": method, "url.scheme": scheme };
  instruments.activeRequests.add(1, active, ROOT_CONTEXT);
  response.on("close", () => {
    instruments.activeRequests.add(-1, active, ROOT_CONTEXT);
    onClose(serverRequest, request, response, scheme);
  });
  announced = { message: request, request: serverRequest };
  patchEmit(server);
}

/** `emit` is where the application gets the request, and so where its context has to begin. */
function patchEmit(server: Server): void {
  const prototype = Object.getPrototypeOf(server) as Server;
  if (patchedPrototypes.has(prototype)) return;
  patchedPrototypes.add(prototype);
  const emit = Reflect.get(prototype, "emit") as (...args: unknown[]) => boolean;
  const patched = function (this: Server, ...args: unknown[]): boolean {
    const next = announced;
    if (next === undefined || next.message !== args[1] || !HANDING_OVER.has(args[0] as string)) {
      return Reflect.apply(emit, this, args);
    }
    announced = undefined;
    return context.with(next.request, () => Reflect.apply(emit, this, args));
  };
  Object.defineProperty(prototype, "emit", { value: patched, configurable: true, writable: true, enumerable: false });
}

function requestAttributes(request: IncomingMessage, method: string, url: string): Attributes {
  const { headers, socket } = request;
  const forwarded = forwardedOf(headers);
  const isSecure = (socket as { readonly encrypted?: boolean }).encrypted === true;
  const peer = socket.remoteAddress;
  const queryAt = url.indexOf("?");
  const attributes: Attributes = {
    "http.request.method": method,
    "url.scheme": forwarded.scheme ?? (isSecure ? "https" : "http"),
    "url.path": queryAt < 0 ? url : url.slice(0, queryAt),
    "network.protocol.version": request.httpVersion,
  };
  if (method !== request.method) attributes["http.request.method_original"] = request.method;
  if (queryAt >= 0) attributes["url.query"] = redactedQuery(url.slice(queryAt + 1));
  const host = forwarded.host ?? headers.host;
  if (host !== undefined) {
    const { address, port } = splitAuthority(host);
    attributes["server.address"] = address;
    attributes["server.port"] = port ?? socket.localPort;
  }
  if (peer !== undefined) {
    attributes["network.peer.address"] = peer;
    attributes["network.peer.port"] = socket.remotePort;
  }
  attributes["client.address"] = forwarded.client ?? peer;
  const userAgent = headers["user-agent"];
  if (userAgent !== undefined) attributes["user_agent.original"] = userAgent;
  return attributes;
}

function onClose(
  serverRequest: ServerRequest,
  request: IncomingMessage,
  response: ServerResponse,
  scheme: string,
): void {
  const { span, method } = serverRequest;
  const route = serverRequest.route ?? serverRequest.findRoute?.();
  const errorType = errorTypeOf(response);
  const series: Attributes = {
    "http.request.method": method,
    "url.scheme": scheme,
    "network.protocol.version": request.httpVersion,
  };
  if (response.headersSent) {
    span.setAttribute("http.response.status_code", response.statusCode);
    series["http.response.status_code"] = response.statusCode;
  }
  if (route !== undefined) {
    span.updateName(`${methodInName(method)} ${route}`);
    span.setAttribute("http.route", route);
    series["http.route"] = route;
  }
  if (errorType !== undefined) {
    span.setAttribute("error.type", errorType);
    span.setStatus({ code: SpanStatusCode.ERROR });
    series["error.type"] = errorType;
  }
  if (!instruments.responseHeaders.isEmpty) {
    instruments.responseHeaders.capture(span, (name) => response.getHeader(name));
  }
  // In the request's context, so that the measurement can have its span as an exemplar.
  instruments.duration.record((performance.now() - serverRequest.startedAtMs) / 1_000, series, serverRequest);
  span.end();
}

/** A server's span fails by its own faults only: a 5xx, or a client that went away before any answer. */
function errorTypeOf(response: ServerResponse): string | undefined {
  if (!response.headersSent) return "aborted";
  return response.statusCode >= 500 ? String(response.statusCode) : undefined;
}

const HEADERS: TextMapGetter<IncomingMessage["headers"]> = {
  get: (headers, key) => headers[key],
  keys: (headers) => Object.keys(headers),
};
