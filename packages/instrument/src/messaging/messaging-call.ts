/** What is done with messages: spans and metrics, named as the semantic conventions for messaging have it. */
import {
  type Attributes,
  type Context,
  context,
  type Counter,
  type Histogram,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Telemetry } from "../instrumentation.ts";
import { readChoice } from "../settings.ts";

/** Seconds. Source: semantic conventions, "Messaging metrics": advised boundaries. */
const DURATION_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Attributes of the span that the metrics have too. */
const SERIES_KEYS = [
  "messaging.system",
  "messaging.operation.name",
  "messaging.destination.name",
  "messaging.consumer.group.name",
  "server.address",
  "server.port",
] as const;

/** Begins what is done with the messages of one system: Kafka, RabbitMQ, BullMQ. */
export class MessagingCalls {
  readonly #system: string;
  readonly #tracer: Tracer;
  readonly #linksConsumers: boolean;
  readonly #sending: Measures;
  readonly #receiving: Measures;
  readonly #processing: Measures;

  constructor(system: string, { tracer, meter, env }: Telemetry) {
    this.#system = system;
    this.#tracer = tracer;
    this.#linksConsumers = readChoice(env, "OTEL_NODE_MESSAGING_CONSUMER_SPANS", ["child", "link"]) === "link";
    const seconds = { unit: "s", advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] } };
    const duration = meter.createHistogram("messaging.client.operation.duration", {
      ...seconds,
      description: "Duration of messaging operation initiated by a producer or consumer client.",
    });
    const consumed = meter.createCounter("messaging.client.consumed.messages", {
      unit: "{message}",
      description: "Number of messages that were delivered to the application.",
    });
    const sent = meter.createCounter("messaging.client.sent.messages", {
      unit: "{message}",
      description: "Number of messages producer attempted to send to the broker.",
    });
    const processed = meter.createHistogram("messaging.process.duration", {
      ...seconds,
      description: "Duration of processing operation.",
    });
    this.#sending = { duration, messages: sent };
    this.#receiving = { duration, messages: consumed };
    this.#processing = { duration: processed, messages: consumed };
  }

  /** A span of several operations that belong together, such as a transaction; whoever begins it ends it. */
  group(name: string): Span {
    const attributes = { "messaging.system": this.#system, "messaging.operation.name": name };
    return this.#tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes });
  }

  /** Under the active span. The context to put into the messages is the call's. `name` as the system calls it. */
  send(destination: string, attributes: Attributes, count = 1, name = "send"): MessagingCall {
    const active = context.active();
    return this.#begin(SpanKind.PRODUCER, "send", name, destination, attributes, count, active, [], this.#sending);
  }

  /** A message that was asked for. Its span cannot be the message's child: it began before there was one. */
  receive(destination: string, attributes: Attributes, name = "receive"): MessagingCall {
    const active = context.active();
    return this.#begin(SpanKind.CLIENT, "receive", name, destination, attributes, 1, active, [], this.#receiving);
  }

  /** One message. `origin` is the context that came with it; its span is the parent, or a link where that was chosen. */
  process(destination: string, origin: Context, attributes: Attributes): MessagingCall {
    const links = this.#linksConsumers ? linksTo([origin]) : [];
    const parent = this.#linksConsumers ? trace.deleteSpan(origin) : origin;
    return this.#process(destination, attributes, 1, parent, links);
  }

  /** Some messages together: a trace of its own, with a link to each message's span. */
  processBatch(destination: string, origins: readonly Context[], attributes: Attributes): MessagingCall {
    return this.#process(destination, attributes, origins.length, ROOT_CONTEXT, linksTo(origins));
  }

  #process(destination: string, attributes: Attributes, count: number, parent: Context, links: Link[]): MessagingCall {
    const { CONSUMER } = SpanKind;
    return this.#begin(CONSUMER, "process", "process", destination, attributes, count, parent, links, this.#processing);
  }

  #begin(
    kind: SpanKind,
    type: string,
    name: string,
    destination: string,
    known: Attributes,
    count: number,
    parent: Context,
    links: Link[],
    measures: Measures,
  ): MessagingCall {
    const attributes: Attributes = {
      "messaging.system": this.#system,
      "messaging.operation.name": name,
      "messaging.operation.type": type,
      ...known,
    };
    if (destination !== "") attributes["messaging.destination.name"] = destination;
    if (count !== 1) attributes["messaging.batch.message_count"] = count;
    const spanName = destination === "" ? name : `${name} ${destination}`;
    const span = this.#tracer.startSpan(spanName, { kind, attributes, links }, parent);
    return new MessagingCall(span, parent, attributes, measures, count);
  }
}

interface Measures {
  readonly duration: Histogram;
  readonly messages: Counter;
}

export class MessagingCall {
  readonly span: Span;
  /** That in which the operation runs: with its span. */
  readonly context: Context;
  readonly #attributes: Attributes;
  readonly #measures: Measures;
  readonly #startedAtMs = performance.now();
  #count: number;
  #isOver = false;

  constructor(span: Span, parent: Context, attributes: Attributes, measures: Measures, count: number) {
    this.span = span;
    this.context = trace.setSpan(parent, span);
    this.#attributes = attributes;
    this.#measures = measures;
    this.#count = count;
  }

  run<Result>(task: () => Result): Result {
    return context.with(this.context, task);
  }

  /** Runs what may throw or give back a promise; the call ends with it. What is given back is for the caller. */
  runToEnd<Result>(task: () => Result): Result {
    let result: Result;
    try {
      result = this.run(task);
    } catch (thrown) {
      this.fail(thrown);
      throw thrown;
    }
    if (!isPromise(result)) {
      this.end();
      return result;
    }
    // In place of the one given: were both about, a rejection would never count as handled, or always.
    return result.then(
      (value) => {
        this.end();
        return value;
      },
      (thrown: unknown) => {
        this.fail(thrown);
        throw thrown;
      },
    ) as Result;
  }

  /** Puts the context into a message. */
  inject<Carrier>(carrier: Carrier, setter?: TextMapSetter<Carrier>): void {
    propagation.inject(this.context, carrier, setter);
  }

  /** What is known only now; what the metrics have too goes there as well. */
  setAttribute(key: string, value: string | number): void {
    this.span.setAttribute(key, value);
    this.#attributes[key] = value;
  }

  /** The message turned out to be none. */
  endEmpty(): void {
    this.#count = 0;
    this.span.setAttribute("messaging.batch.message_count", 0);
    this.end();
  }

  end(): void {
    this.#finish(undefined);
  }

  fail(thrown: unknown): void {
    if (this.#isOver) return;
    const error = thrown as
      | { readonly name?: unknown; readonly message?: unknown; readonly code?: unknown }
      | undefined;
    const errorType = textOf(error?.code) ?? textOf(error?.name) ?? "_OTHER";
    const message = textOf(error?.message);
    this.span.recordException(thrown as Error);
    this.span.setAttribute("error.type", errorType);
    this.span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
    this.#finish(errorType);
  }

  #finish(errorType: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const series: Attributes = {};
    for (const key of SERIES_KEYS) {
      const value = this.#attributes[key];
      if (value !== undefined) series[key] = value;
    }
    if (errorType !== undefined) series["error.type"] = errorType;
    this.#measures.duration.record((performance.now() - this.#startedAtMs) / 1_000, series, this.context);
    if (this.#count > 0) this.#measures.messages.add(this.#count, series, this.context);
    this.span.end();
  }
}

/** The context that came with a message, beneath no span but that of its sender. */
export function originOf<Carrier>(carrier: Carrier, getter?: TextMapGetter<Carrier>): Context {
  return propagation.extract(ROOT_CONTEXT, carrier, getter);
}

function linksTo(origins: readonly Context[]): Link[] {
  const links: Link[] = [];
  for (const origin of origins) {
    const spanContext = trace.getSpanContext(origin);
    if (spanContext !== undefined) links.push({ context: spanContext });
  }
  return links;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}
