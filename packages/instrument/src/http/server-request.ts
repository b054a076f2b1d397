/** The server's side of an HTTP request, as the frameworks' instrumentations find it. */
import { type Attributes, type Context, context, createContextKey, type Span } from "@opentelemetry/api";
import type { ReadableSpan } from "@clew/sdk";
import { ContextLayer } from "./context-layer.ts";

const SPAN = createContextKey("OpenTelemetry Context Key SPAN");
// The key of the official packages: their instrumentations of frameworks set `route` on what lies there.
const RPC_METADATA = createContextKey("OpenTelemetry SDK Context Key RPC_METADATA");

/** The attributes under which a request is counted as active. */
export interface ActiveAttributes extends Attributes {
  readonly "http.request.method": string;
  readonly "url.scheme": string;
}

/**
 * The context in which a request is handled, which is at the same time what there is to know about
 * it: one object a request instead of four.
 */
export class ServerRequest implements Context {
  /** What the official packages look at. */
  readonly type = "http";
  readonly span: Span;
  /** The pattern that matched, `/users/:id`. The last one to be set counts. */
  route: string | undefined;
  /** Asked for the route when the request is over, where it cannot be told before. */
  findRoute: (() => string | undefined) | undefined;
  readonly active: ActiveAttributes;
  readonly protocolVersion: string;
  readonly #parent: Context;
  /** Undefined where the span has its own times: reading the clock is a part of what a request pays. */
  readonly #startedAtMs: number | undefined;
  #recorded: unknown;

  constructor(parent: Context, span: Span, active: ActiveAttributes, protocolVersion: string) {
    this.#parent = parent;
    this.span = span;
    this.active = active;
    this.protocolVersion = protocolVersion;
    this.#startedAtMs = span.isRecording() && isTimed(span) ? undefined : performance.now();
  }

  /** Ends the span. Returns how long the request took, in seconds. */
  end(): number {
    const { span } = this;
    const isEndedHere = span.isRecording();
    span.end();
    if (this.#startedAtMs !== undefined) return (performance.now() - this.#startedAtMs) / 1_000;
    const { startTime, duration } = span as TimedSpan;
    if (isEndedHere) return duration[0] + duration[1] / 1e9;
    // By the application, in the middle of the request.
    const tookMs = performance.timeOrigin + performance.now() - startTime[0] * 1_000 - startTime[1] / 1e6;
    return Math.max(tookMs, 0) / 1_000;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.span;
    return key === RPC_METADATA ? this : this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new ContextLayer(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new ContextLayer(this, key, undefined);
  }

  /** Records what a handler threw, once, however many layers of a framework it passes. */
  recordError(thrown: unknown): void {
    if (thrown === this.#recorded || thrown === undefined || thrown === null) return;
    this.#recorded = thrown;
    this.span.recordException(thrown as Error);
  }
}

/** The request that is being handled; undefined outside of one. */
export function currentServerRequest(): ServerRequest | undefined {
  const metadata = context.active().getValue(RPC_METADATA);
  return metadata instanceof ServerRequest ? metadata : undefined;
}

type TimedSpan = Span & Pick<ReadableSpan, "startTime" | "duration">;

function isTimed(span: Span): span is TimedSpan {
  return "duration" in span;
}
