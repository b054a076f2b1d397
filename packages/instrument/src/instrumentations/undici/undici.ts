/** `fetch` and the package `undici`, from what they publish. */
import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "@clew/sdk";
import { CapturedHeaders } from "../../http/captured-headers.ts";
import { DURATION_BUCKETS } from "../../http/duration-buckets.ts";
import { errorTypeOf } from "../../http/error-type.ts";
import { knownMethod, methodInName } from "../../http/methods.ts";
import { redactedUrl } from "../../http/redacted-url.ts";
import type { InstrumentationModule, Telemetry } from "../../instrumentation.ts";

interface Request {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn; before undici 6, lines as they are sent. */
  readonly headers: readonly (string | string[])[] | string;
  addHeader(name: string, value: string): unknown;
}

interface Response {
  readonly statusCode: number;
  /** Names and values in turn. */
  readonly headers: readonly Buffer[];
}

interface Call {
  readonly span: Span;
  readonly context: Context;
  readonly startedAtMs: number;
  readonly series: Attributes;
}

interface Instruments {
  readonly tracer: Tracer;
  readonly duration: Histogram;
  readonly requestHeaders: CapturedHeaders;
  readonly responseHeaders: CapturedHeaders;
}

let instruments: Instruments;
const calls = new WeakMap<Request, Call>();

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
}

export const receive: NonNullable<InstrumentationModule["receive"]> = {
  "undici:request:create": onCreate,
  "undici:client:sendHeaders": onSendHeaders,
  "undici:request:headers": onHeaders,
  "undici:request:trailers": ({ request }: { readonly request: Request }): void => finish(request),
  "undici:request:error": onError,
};

function onCreate({ request }: { readonly request: Request }): void {
  const active = context.active();
  if (isTracingSuppressed(active)) return;
  const method = knownMethod(request.method);
  const { protocol, hostname, port, href } = new URL(request.path, request.origin);
  const series: Attributes = {
    "http.request.method": method,
    "server.address": hostname.replace(/^\[|\]$/g, ""),
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    "url.scheme": protocol.slice(0, -1),
  };
  const attributes: Attributes = { ...series, "url.full": redactedUrl(href) };
  if (method !== request.method) attributes["http.request.method_original"] = request.method;
  const span = instruments.tracer.startSpan(methodInName(method), { kind: SpanKind.CLIENT, attributes }, active);
  const spanContext = trace.setSpan(active, span);
  propagation.inject(spanContext, request, SETTER);
  if (!instruments.requestHeaders.isEmpty) instruments.requestHeaders.capture(span, headersOf(request.headers));
  calls.set(request, { span, context: spanContext, startedAtMs: performance.now(), series });
}

function onSendHeaders({
  request,
  socket,
}: {
  readonly request: Request;
  readonly socket: { readonly remoteAddress?: string; readonly remotePort?: number };
}): void {
  const span = calls.get(request)?.span;
  if (span === undefined || socket.remoteAddress === undefined) return;
  span.setAttribute("network.peer.address", socket.remoteAddress);
  span.setAttribute("network.peer.port", socket.remotePort ?? 0);
}

function onHeaders({ request, response }: { readonly request: Request; readonly response: Response }): void {
  const call = calls.get(request);
  if (call === undefined) return;
  const { statusCode, headers } = response;
  call.series["http.response.status_code"] = statusCode;
  call.span.setAttribute("http.response.status_code", statusCode);
  if (statusCode >= 400) fail(call, String(statusCode));
  if (!instruments.responseHeaders.isEmpty)
    instruments.responseHeaders.capture(call.span, headersOf(headers.map(String)));
}

function onError({ request, error }: { readonly request: Request; readonly error: Error }): void {
  const call = calls.get(request);
  if (call === undefined) return;
  call.span.recordException(error);
  fail(call, errorTypeOf(error), error.message);
  finish(request);
}

function fail({ span, series }: Call, errorType: string, message?: string): void {
  series["error.type"] = errorType;
  span.setAttribute("error.type", errorType);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

function finish(request: Request): void {
  const call = calls.get(request);
  if (call === undefined) return;
  calls.delete(request);
  instruments.duration.record((performance.now() - call.startedAtMs) / 1_000, call.series, call.context);
  call.span.end();
}

function headersOf(headers: Request["headers"]): (name: string) => string | string[] | undefined {
  const pairs =
    typeof headers === "string" ? headers.split("\r\n").flatMap((line) => line.split(/: (.*)/, 2)) : headers;
  return (name) => {
    for (let i = 0; i + 1 < pairs.length; i += 2) if (String(pairs[i]).toLowerCase() === name) return pairs[i + 1];
    return undefined;
  };
}

const SETTER: TextMapSetter<Request> = {
  set: (request, key, value) => void request.addHeader(key, value),
};
