/** Requests that a server gets: spans and metrics, named as the semantic conventions for HTTP have it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import {
  type Attributes,
  type Histogram,
  propagation,
  ROOT_CONTEXT,
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
import { forwardedOf } from "./forwarded.ts";
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

export interface Outcome {
  /** Undefined when nothing was answered. */
  readonly status: number | undefined;
  readonly headerOf: HeaderOf;
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
    if (this.#excludedUrls.some((pattern) => pattern.test(incoming.url))) return undefined;
    const startedAtMs = performance.now();
    const method = this.#methods.of(incoming.method);
    const forwarded = forwardedOf(incoming.headers);
    const scheme = forwarded.scheme ?? incoming.scheme;
    const attributes = attributesOf(incoming, method, scheme, forwarded.host ?? incoming.host);
    const query = queryOf(incoming.url);
    if (query !== undefined) attributes["url.query"] = this.#redaction.query(query);
    const client = forwarded.client ?? incoming.socket?.remoteAddress;
    if (client !== undefined) attributes["client.address"] = client;
    const parent = propagation.extract(ROOT_CONTEXT, incoming.headers, HEADERS);
    const span = this.#tracer.startSpan(methodInName(method), { kind: SpanKind.SERVER, attributes }, parent);
    if (!this.#requestHeaders.isEmpty) this.#requestHeaders.capture(span, (name) => incoming.headers[name]);
    const active = { "http.request.method": method, "url.scheme": scheme };
    // Under no span: that one request or another was counted is nothing to keep as an exemplar.
    this.#activeRequests.add(1, active, ROOT_CONTEXT);
    return new ServerRequest(parent, span, {
      method,
      scheme,
      active,
      startedAtMs,
      protocolVersion: incoming.protocolVersion,
    });
  }

  end(request: ServerRequest, { status, headerOf }: Outcome): void {
    const { span } = request;
    const { method, scheme, active, startedAtMs, protocolVersion } = request.details;
    this.#activeRequests.add(-1, active, ROOT_CONTEXT);
    const route = request.route ?? request.findRoute?.();
    const errorType = errorTypeOf(status);
    const series: Attributes = {
      "http.request.method": method,
      "url.scheme": scheme,
      "network.protocol.version": protocolVersion,
    };
    if (status !== undefined) {
      span.setAttribute("http.response.status_code", status);
      series["http.response.status_code"] = status;
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
    if (!this.#responseHeaders.isEmpty) this.#responseHeaders.capture(span, headerOf);
    // In the request's context, so that the measurement can have its span as an exemplar.
    this.#duration.record((performance.now() - startedAtMs) / 1_000, series, request);
    span.end();
  }
}

/** A server's span fails by its own faults only: a 5xx, or a client that went away before any answer. */
function errorTypeOf(status: number | undefined): string | undefined {
  if (status === undefined) return "aborted";
  return status >= 500 ? String(status) : undefined;
}

function queryOf(url: string): string | undefined {
  const at = url.indexOf("?");
  return at < 0 ? undefined : url.slice(at + 1);
}

function attributesOf(
  { method: original, url, headers, protocolVersion, socket }: IncomingRequest,
  method: string,
  scheme: string,
  host: string | undefined,
): Attributes {
  const queryAt = url.indexOf("?");
  const attributes: Attributes = {
    "http.request.method": method,
    "url.scheme": scheme,
    "url.path": queryAt < 0 ? url : url.slice(0, queryAt),
    "network.protocol.version": protocolVersion,
  };
  if (method !== original) attributes["http.request.method_original"] = original;
  if (host !== undefined) {
    const { address, port } = splitAuthority(host);
    attributes["server.address"] = address;
    attributes["server.port"] = port ?? socket?.localPort;
  }
  if (socket?.remoteAddress !== undefined) {
    attributes["network.peer.address"] = socket.remoteAddress;
    attributes["network.peer.port"] = socket.remotePort;
  }
  const userAgent = headers["user-agent"];
  if (userAgent !== undefined) attributes["user_agent.original"] = userAgent;
  return attributes;
}

const HEADERS: TextMapGetter<IncomingHttpHeaders> = {
  get: (headers, key) => headers[key],
  keys: (headers) => Object.keys(headers),
};
