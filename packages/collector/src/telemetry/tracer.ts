/** Spans of the collector itself: which one is under way follows the work through all that it awaits. */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomFillSync } from "node:crypto";
import { nanosOf, messageOf, type Clock } from "@clew/base";

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A span that has ended. Times are nanoseconds since the Unix epoch. */
export interface EndedSpan {
  readonly name: string;
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parentSpanId: Buffer | undefined;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: SpanAttributes;
  readonly events: readonly { readonly name: string; readonly nanos: bigint; readonly attributes: SpanAttributes }[];
  /** Why it failed; undefined where it did not. */
  readonly error: string | undefined;
}

/** Is told of every span that is kept. */
export interface SpanObserver {
  began(name: string): void;
  ended(span: EndedSpan): void;
}

interface Context {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly isSampled: boolean;
  attributes: SpanAttributes;
  readonly events: EndedSpan["events"][number][];
}

export class Tracer {
  readonly #clock: Clock;
  readonly #ratio: number;
  readonly #observers: SpanObserver[] = [];
  readonly #current = new AsyncLocalStorage<Context | undefined>();
  readonly #carried = new WeakMap<object, Context>();

  /** Of all traces, `ratio` are kept: from 0, none, to 1. */
  constructor(clock: Clock, ratio: number) {
    this.#clock = clock;
    this.#ratio = ratio;
  }

  observe(observer: SpanObserver): void {
    this.#observers.push(observer);
  }

  /** Runs `work` in a span that ends, and fails, as it does. `endAttributes` are asked for then. */
  async span<T>(
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<T>,
    endAttributes: (error: unknown) => SpanAttributes = () => ({}),
    parent: Context | undefined = this.#current.getStore(),
  ): Promise<T> {
    const context = this.#begin(attributes, parent);
    const startNanos = nanosOf(this.#clock.nowMs());
    if (context.isSampled) for (const observer of this.#observers) observer.began(name);
    const end = (error: unknown): void => {
      if (!context.isSampled) return;
      const span = {
        ...context,
        name,
        parentSpanId: parent?.spanId,
        startNanos,
        endNanos: nanosOf(this.#clock.nowMs()),
        attributes: { ...context.attributes, ...endAttributes(error) },
        error: error === undefined ? undefined : messageOf(error),
      };
      for (const observer of this.#observers) observer.ended(span);
    };
    try {
      const result = await this.#current.run(context, work);
      end(undefined);
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  /** Adds an event to the span under way, if there is one. */
  event(name: string, attributes: SpanAttributes): void {
    const context = this.#current.getStore();
    if (context?.isSampled === true) context.events.push({ name, nanos: nanosOf(this.#clock.nowMs()), attributes });
  }

  /** Lets `spanFor` find the span under way again, after a queue. */
  carry(carrier: object): void {
    const context = this.#current.getStore();
    if (context !== undefined) this.#carried.set(carrier, context);
  }

  /** As `span`, below the one that was under way when `carried` was given to `carry`. */
  spanFor<T>(
    carried: object,
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<T>,
    endAttributes?: (error: unknown) => SpanAttributes,
  ): Promise<T> {
    const parent = this.#carried.get(carried);
    return this.#current.run(parent, () => this.span(name, attributes, work, endAttributes, parent));
  }

  #begin(attributes: SpanAttributes, parent: Context | undefined): Context {
    const traceId = parent?.traceId ?? randomFillSync(Buffer.alloc(16));
    const isSampled = parent?.isSampled ?? isBelow(traceId, this.#ratio);
    return { traceId, spanId: randomFillSync(Buffer.alloc(8)), isSampled, attributes, events: [] };
  }
}

/** (Trace SDK, "TraceIdRatioBased") */
function isBelow(traceId: Buffer, ratio: number): boolean {
  return ratio >= 1 || Number(traceId.readBigUInt64BE(8) >> 1n) < ratio * 2 ** 63;
}
