/**
 * Requests that are made by node:http and node:https, from what Node publishes. Before Node 22.12
 * nothing tells of a request early enough to add headers, so there the four functions are wrapped.
 */
import { errorMonitor } from "node:events";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "@clew/sdk";
import { splitAuthority } from "../../http/authority.ts";
import { CapturedHeaders } from "../../http/captured-headers.ts";
import { DURATION_BUCKETS } from "../../http/duration-buckets.ts";
import { errorTypeOf } from "../../http/error-type.ts";
import { knownMethod, methodInName } from "../../http/methods.ts";
import { redactedUrl } from "../../http/redacted-url.ts";
import { nodeTellsOfRequests } from "../../hooks/node-versions.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";

interface Call {
  readonly span: Span;
  readonly context: Context;
  readonly startedAtMs: number;
  readonly series: Attributes;
  error: unknown;
  hasResponse: boolean;
}

interface Instruments {
  readonly tracer: Tracer;
  readonly duration: Histogram;
  readonly requestHeaders: CapturedHeaders;
  readonly responseHeaders: CapturedHeaders;
}

let instruments: Instruments;
const calls = new WeakMap<ClientRequest, Call>();

export function start({ tracer, meter, env }: Telemetry): void {
  instruments = {
    tracer,
    duration: meter.createHistogram("http.client.request.duration", {
      unit: "s",
      description: "Duration of HTTP client requests.",
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    }),
    requestHeaders: new CapturedHeaders(env, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", "request"),
    responseHeaders: new CapturedHeaders(env, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", "response"),
  };
  if (nodeTellsOfRequests(process.versions.node)) return;
  wrapFunctions(http);
  wrapFunctions(https);
  syncBuiltinESMExports();
}

export const receive: NonNullable<InstrumentationModule["receive"]> = {
  "http.client.request.created": ({ request }: { readonly request: ClientRequest }): void => onCreated(request),
  "http.client.response.finish": onResponse,
};

function wrapFunctions(module: { request: typeof http.request; get: typeof http.get }): void {
  const { request } = module;
  const wrapped = function (this: unknown, ...args: unknown[]): ClientRequest {
    const made = Reflect.apply(request, this, args) as ClientRequest;
    onCreated(made);
    return made;
  };
  Object.defineProperty(wrapped, "name", { value: "request" });
  // What Node's own `get` does: the headers must not be on their way before `onCreated` added its own.
  const get = function (this: unknown, ...args: unknown[]): ClientRequest {
    const made = Reflect.apply(wrapped, this, args);
    made.end();
    return made;
  };
  module.request = wrapped;
  module.get = get;
}

function onCreated(request: ClientRequest): void {
  const active = context.active();
  if (isTracingSuppressed(active)) return;
  const method = knownMethod(request.method);
  const attributes = requestAttributes(request, method);
  const span = instruments.tracer.startSpan(methodInName(method), { kind: SpanKind.CLIENT, attributes }, active);
  const spanContext = trace.setSpan(active, span);
  if (!request.headersSent) propagation.inject(spanContext, request, SETTER);
  if (!instruments.requestHeaders.isEmpty) instruments.requestHeaders.capture(span, (name) => request.getHeader(name));
  const series: Attributes = {
    "http.request.method": method,
    "server.address": attributes["server.address"],
    "server.port": attributes["server.port"],
    "url.scheme": request.protocol.slice(0, -1),
  };
  const call: Call = {
    span,
    context: spanContext,
    startedAtMs: performance.now(),
    series,
    error: undefined,
    hasResponse: false,
  };
  calls.set(request, call);
  request.once(errorMonitor, (error: unknown) => {
    call.error = error;
  });
  request.once("close", () => onClose(call));
}

function requestAttributes(request: ClientRequest, method: string): Attributes {
  const authority = String(request.getHeader("host") ?? request.host);
  const { address, port } = splitAuthority(authority);
  // A request to a proxy names the whole URL.
  const url = /^https?:/i.test(request.path) ? request.path : `${request.protocol}//${authority}${request.path}`;
  const attributes: Attributes = {
    "http.request.method": method,
    "url.full": redactedUrl(url),
    "server.address": address,
    "server.port": port ?? (request.protocol === "https:" ? 443 : 80),
  };
  if (method !== request.method) attributes["http.request.method_original"] = request.method;
  return attributes;
}

function onResponse({
  request,
  response,
}: {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}): void {
  const call = calls.get(request);
  if (call === undefined) return;
  const { span, series } = call;
  const status = response.statusCode ?? 0;
  call.hasResponse = true;
  series["http.response.status_code"] = status;
  series["network.protocol.version"] = response.httpVersion;
  span.setAttribute("http.response.status_code", status);
  span.setAttribute("network.protocol.version", response.httpVersion);
  const peer = request.socket?.remoteAddress;
  if (peer !== undefined) {
    span.setAttribute("network.peer.address", peer);
    span.setAttribute("network.peer.port", request.socket?.remotePort ?? 0);
  }
  if (status >= 400) fail(call, String(status));
  if (!instruments.responseHeaders.isEmpty) instruments.responseHeaders.capture(span, (name) => response.headers[name]);
}

function onClose(call: Call): void {
  if (call.error !== undefined) {
    call.span.recordException(call.error as Error);
    fail(call, errorTypeOf(call.error), (call.error as Error).message);
  } else if (!call.hasResponse) fail(call, "aborted");
  instruments.duration.record((performance.now() - call.startedAtMs) / 1_000, call.series, call.context);
  call.span.end();
}

function fail({ span, series }: Call, errorType: string, message?: string): void {
  series["error.type"] = errorType;
  span.setAttribute("error.type", errorType);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

const SETTER = {
  set(request: ClientRequest, key: string, value: string): void {
    request.setHeader(key, value);
  },
};
