/** Requests that a server gets: spans and metrics, named as the semantic conventions for HTTP have it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import {
  type Attributes,
  type Histogram,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  type UpDownCounter,
} from "@opentelemetry/api";
import type { Telemetry } from "../instrumentation.ts";
import { readPatterns } from "../settings.ts";
import { splitAuthority } from "./authority.ts";
import { CapturedHeaders, type HeaderOf } from "./captured-headers.ts";
import { DURATION_BUCKETS } from "./duration-buckets.ts";
import { type Forwarded, forwardedOf } from "./forwarded.ts";
import { KnownMethods, methodInName } from "./methods.ts";
import { UrlRedaction } from "./redacted-url.ts";
import { ServerRequest } from "./server-request.ts";

/** What came in. */
export interface IncomingRequest {
  readonly method: string;
  /** The path with the query. */
  readonly url: string;
  readonly scheme: string;
  readonly host: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly protocolVersion: string;
  readonly socket: Socket | undefined;
}

/** The headers of what was answered. */
export interface AnsweredHeaders {
  readonly getHeader: HeaderOf;
}

export class ServerCalls {
  readonly #tracer: Tracer;
  readonly #duration: Histogram;
  readonly #activeRequests: UpDownCounter;
  readonly #requestHeaders: CapturedHeaders;
  readonly #responseHeaders: CapturedHeaders;
  readonly #methods: KnownMethods;
  readonly #redaction: UrlRedaction;
  readonly #excludedUrls: readonly RegExp[];

  constructor({ tracer, meter, env }: Telemetry) {
    this.#tracer = tracer;
    this.#duration = meter.createHistogram("http.server.request.duration", {
      unit: "s",
      description: "Duration of HTTP server requests.",
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    });
    this.#activeRequests = meter.createUpDownCounter("http.server.active_requests", {
      unit: "{request}",
      description: "Number of active HTTP server requests.",
    });
    const variable = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER";
    this.#requestHeaders = new CapturedHeaders(env, `${variable}_REQUEST`, "request");
    this.#responseHeaders = new CapturedHeaders(env, `${variable}_RESPONSE`, "response");
    this.#methods = new KnownMethods(env, "SERVER");
    this.#redaction = new UrlRedaction(env);
    this.#excludedUrls = readPatterns(env, "OTEL_NODE_EXCLUDED_URLS");
  }

  /** Undefined when the request is to be left out. */
  begin(incoming: IncomingRequest): ServerRequest | undefined {
    if (this.#isExcluded(incoming.url)) return undefined;
    const method = this.#methods.of(incoming.method);
    const forwarded = forwardedOf(incoming.headers);
    const scheme = forwarded.scheme ?? incoming.scheme;
    const attributes = attributesOf(incoming, method, scheme, forwarded, this.#redaction);
    const parent = propagation.extract(ROOT_CONTEXT, incoming.headers, HEADERS);
    const span = this.#tracer.startSpan(methodInName(method), { kind: SpanKind.SERVER, attributes }, parent);
    if (!this.#requestHeaders.isEmpty) captureRequest(this.#requestHeaders, span, incoming.headers);
    const active = { "http.request.method": method, "url.scheme": scheme };
    // Under no span: that one request or another was counted is nothing to keep as an exemplar.
    this.#activeRequests.add(1, active, ROOT_CONTEXT);
    return new ServerRequest(parent, span, active, incoming.protocolVersion);
  }

  /** `status` is undefined when nothing was answered. */
  end(request: ServerRequest, status: number | undefined, answered: AnsweredHeaders): void {
    const { span, active } = request;
    this.#activeRequests.add(-1, active, ROOT_CONTEXT);
    const route = request.route ?? request.findRoute?.();
    const errorType = errorTypeOf(status);
    if (status !== undefined) span.setAttribute("http.response.status_code", status);
    if (route !== undefined) {
      span.updateName(`${methodInName(active["http.request.method"])} ${route}`);
      span.setAttribute("http.route", route);
    }
    if (errorType !== undefined) {
      span.setAttribute("error.type", errorType);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    if (!this.#responseHeaders.isEmpty) captureResponse(this.#responseHeaders, span, answered);
    // In the request's context, so that the measurement can have its span as an exemplar.
    this.#duration.record(request.end(), seriesOf(request, status, route, errorType), request);
  }

  #isExcluded(url: string): boolean {
    return this.#excludedUrls.length > 0 && this.#excludedUrls.some((pattern) => pattern.test(url));
  }
}

// Functions of their own, as a closure costs something even where none is made.
function captureRequest(captured: CapturedHeaders, span: Span, headers: IncomingHttpHeaders): void {
  captured.capture(span, (name) => headers[name]);
}

function captureResponse(captured: CapturedHeaders, span: Span, answered: AnsweredHeaders): void {
  captured.capture(span, (name) => answered.getHeader(name));
}

/** The attributes of `http.server.request.duration`. What is undefined is left out. */
function seriesOf(
  { active, protocolVersion }: ServerRequest,
  status: number | undefined,
  route: string | undefined,
  errorType: string | undefined,
): Attributes {
  const series: Attributes = {
    "http.request.method": active["http.request.method"],
    "url.scheme": active["url.scheme"],
    "network.protocol.version": protocolVersion,
  };
  if (status !== undefined) series["http.response.status_code"] = status;
  if (route !== undefined) series["http.route"] = route;
  if (errorType !== undefined) series["error.type"] = errorType;
  return series;
}

/** A server's span fails by its own faults only: a 5xx, or a client that went away before any answer. */
function errorTypeOf(status: number | undefined): string | undefined {
  if (status === undefined) return "aborted";
  return status >= 500 ? String(status) : undefined;
}

/** All in one object of one shape. What is undefined is not set. */
function attributesOf(
  { method: original, url, headers, host, protocolVersion, socket }: IncomingRequest,
  method: string,
  scheme: string,
  forwarded: Forwarded,
  redaction: UrlRedaction,
): Attributes {
  const queryAt = url.indexOf("?");
  const authority = forwarded.host ?? host;
  const server = authority === undefined ? undefined : splitAuthority(authority);
  const peer = socket?.remoteAddress;
  return {
    "http.request.method": method,
    "http.request.method_original": method === original ? undefined : original,
    "url.scheme": scheme,
    "url.path": queryAt < 0 ? url : url.slice(0, queryAt),
    "url.query": queryAt < 0 ? undefined : redaction.query(url.slice(queryAt + 1)),
    "network.protocol.version": protocolVersion,
    "server.address": server?.address,
    "server.port": server === undefined ? undefined : (server.port ?? socket?.localPort),
    "client.address": forwarded.client ?? peer,
    "network.peer.address": peer,
    "network.peer.port": peer === undefined ? undefined : socket?.remotePort,
    "user_agent.original": headers["user-agent"],
  };
}

const HEADERS: TextMapGetter<IncomingHttpHeaders> = {
  get: (headers, key) => headers[key],
  keys: (headers) => Object.keys(headers),
};
