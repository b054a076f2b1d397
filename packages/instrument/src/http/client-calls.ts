/** Requests that the application makes: spans and metrics, named as the semantic conventions for HTTP have it. */
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
import type { Telemetry } from "../instrumentation.ts";
import { CapturedHeaders, type HeaderOf } from "./captured-headers.ts";
import { DURATION_BUCKETS } from "./duration-buckets.ts";
import { errorTypeOf } from "./error-type.ts";
import { KnownMethods, methodInName } from "./methods.ts";
import { UrlRedaction } from "./redacted-url.ts";

export interface OutgoingRequest<Carrier> {
  readonly method: string;
  readonly url: string;
  readonly scheme: string;
  readonly address: string;
  readonly port: number;
  /** Where the headers go by which the other side continues the trace; undefined when they are on their way already. */
  readonly carrier: Carrier | undefined;
  readonly headerOf: HeaderOf;
}

export class ClientCalls<Carrier> {
  readonly #tracer: Tracer;
  readonly #duration: Histogram;
  readonly #setter: TextMapSetter<Carrier>;
  readonly #requestHeaders: CapturedHeaders;
  readonly #responseHeaders: CapturedHeaders;
  readonly #methods: KnownMethods;
  readonly #redaction: UrlRedaction;

  constructor({ tracer, meter, env }: Telemetry, setter: TextMapSetter<Carrier>) {
    this.#tracer = tracer;
    this.#setter = setter;
    this.#duration = meter.createHistogram("http.client.request.duration", {
      unit: "s",
      description: "Duration of HTTP client requests.",
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    });
    const variable = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT";
    this.#requestHeaders = new CapturedHeaders(env, `${variable}_REQUEST`, "request");
    this.#responseHeaders = new CapturedHeaders(env, `${variable}_RESPONSE`, "response");
    this.#methods = new KnownMethods(env, "CLIENT");
    this.#redaction = new UrlRedaction(env);
  }

  /** Under the active span. Undefined where nothing is traced, as in what exporters do. */
  begin(request: OutgoingRequest<Carrier>): ClientCall | undefined {
    const active = context.active();
    if (isTracingSuppressed(active)) return undefined;
    const method = this.#methods.of(request.method);
    const series: Attributes = {
      "http.request.method": method,
      "server.address": request.address,
      "server.port": request.port,
      "url.scheme": request.scheme,
    };
    const attributes: Attributes = {
      "http.request.method": method,
      "url.full": this.#redaction.url(request.url),
      "server.address": request.address,
      "server.port": request.port,
    };
    if (method !== request.method) attributes["http.request.method_original"] = request.method;
    const span = this.#tracer.startSpan(methodInName(method), { kind: SpanKind.CLIENT, attributes }, active);
    const spanContext = trace.setSpan(active, span);
    if (request.carrier !== undefined) propagation.inject(spanContext, request.carrier, this.#setter);
    if (!this.#requestHeaders.isEmpty) this.#requestHeaders.capture(span, request.headerOf);
    return new ClientCall(span, spanContext, series, this.#duration, this.#responseHeaders);
  }
}

export class ClientCall {
  readonly #span: Span;
  readonly #context: Context;
  readonly #series: Attributes;
  readonly #duration: Histogram;
  readonly #responseHeaders: CapturedHeaders;
  readonly #startedAtMs = performance.now();
  #hasOutcome = false;

  constructor(
    span: Span,
    spanContext: Context,
    series: Attributes,
    duration: Histogram,
    responseHeaders: CapturedHeaders,
  ) {
    this.#span = span;
    this.#context = spanContext;
    this.#series = series;
    this.#duration = duration;
    this.#responseHeaders = responseHeaders;
  }

  connected(address: string | undefined, port: number | undefined): void {
    if (address === undefined) return;
    this.#span.setAttribute("network.peer.address", address);
    if (port !== undefined) this.#span.setAttribute("network.peer.port", port);
  }

  /** For a client, a 4xx is an error too. */
  answered(status: number, headerOf: HeaderOf, protocolVersion?: string): void {
    this.#hasOutcome = true;
    this.#set("http.response.status_code", status);
    if (protocolVersion !== undefined) this.#set("network.protocol.version", protocolVersion);
    if (status >= 400) this.#fail(String(status));
    if (!this.#responseHeaders.isEmpty) this.#responseHeaders.capture(this.#span, headerOf);
  }

  failed(error: unknown): void {
    this.#hasOutcome = true;
    this.#span.recordException(error as Error);
    this.#fail(errorTypeOf(error), (error as Error | undefined)?.message);
  }

  end(): void {
    if (!this.#hasOutcome) this.#fail("aborted");
    this.#duration.record((performance.now() - this.#startedAtMs) / 1_000, this.#series, this.#context);
    this.#span.end();
  }

  #set(key: string, value: string | number): void {
    this.#series[key] = value;
    this.#span.setAttribute(key, value);
  }

  #fail(errorType: string, message?: string): void {
    this.#set("error.type", errorType);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
  }
}
