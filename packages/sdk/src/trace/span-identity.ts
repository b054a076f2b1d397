/**
 * Who a span is. Its ids are kept as 32-bit words, as they are drawn and as they are written;
 * the hex of a `SpanContext` is made when somebody asks for it, which for most spans nobody does.
 */
import { type SpanContext, TraceFlags, type TraceState } from "@opentelemetry/api";

/** Draws 32 random bits, as a signed integer. */
export type DrawWord = () => number;

const WORD_DIGITS = 8;
const TRACE_ID_DIGITS = 32;
const SCRATCH: Buffer = Buffer.alloc(24);
const TRACE_ID = /^[\da-f]{32}$/i;
const SPAN_ID = /^[\da-f]{16}$/i;

/** W3C Trace Context level 2: the low 56 bits of the trace id are random. */
export const RANDOM_FLAG = 0x02;

interface TraceWords {
  readonly trace0: number;
  readonly trace1: number;
  readonly trace2: number;
  readonly trace3: number;
}

export class SpanIdentity {
  readonly trace0: number;
  readonly trace1: number;
  readonly trace2: number;
  readonly trace3: number;
  readonly span0: number;
  readonly span1: number;
  traceFlags: number;
  traceState: TraceState | undefined;
  readonly isRemote: boolean;
  #context: SpanContext | undefined;

  private constructor(
    trace: TraceWords,
    span0: number,
    span1: number,
    traceFlags: number,
    traceState: TraceState | undefined,
    context?: SpanContext,
  ) {
    this.trace0 = trace.trace0;
    this.trace1 = trace.trace1;
    this.trace2 = trace.trace2;
    this.trace3 = trace.trace3;
    this.span0 = span0;
    this.span1 = span1;
    this.traceFlags = traceFlags;
    this.traceState = traceState;
    this.isRemote = context?.isRemote === true;
    this.#context = context;
  }

  /** A new span: of its parent's trace, with what that carries, or of a new trace. */
  static draw(parent: SpanIdentity | undefined, draw: DrawWord, rootFlags: number): SpanIdentity {
    if (parent !== undefined)
      return new SpanIdentity(parent, draw(), draw(), flagsUnder(parent, rootFlags), parent.traceState);
    // Apart, so that the compiler sees that nobody keeps this object, and makes none.
    const trace = { trace0: draw(), trace1: draw(), trace2: draw(), trace3: draw() };
    return new SpanIdentity(trace, draw(), draw(), rootFlags, undefined);
  }

  /** That of a context which was made elsewhere, undefined where its ids are none. */
  static of(context: SpanContext): SpanIdentity | undefined {
    const { traceId, spanId, traceFlags, traceState } = context;
    const trace = traceWords(traceId);
    const span = spanWords(spanId);
    if (trace === undefined || span === undefined) return undefined;
    return new SpanIdentity(trace, span[0], span[1], traceFlags ?? 0, traceState, context);
  }

  /** A new span with ids of somebody else's making, undefined where they are none. `traceId` counts without a parent. */
  static named(
    parent: SpanIdentity | undefined,
    traceId: string,
    spanId: string,
    rootFlags: number,
  ): SpanIdentity | undefined {
    const trace = parent ?? traceWords(traceId);
    const span = spanWords(spanId);
    if (trace === undefined || span === undefined) return undefined;
    return new SpanIdentity(trace, span[0], span[1], flagsUnder(parent, rootFlags), parent?.traceState);
  }

  get isSampled(): boolean {
    return (this.traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  get traceId(): string {
    return this.#hex().slice(0, TRACE_ID_DIGITS);
  }

  /** What the sampler says, before anybody sees the context. */
  decide(isSampled: boolean, traceState: TraceState | undefined): void {
    this.traceFlags = isSampled ? this.traceFlags | TraceFlags.SAMPLED : this.traceFlags & ~TraceFlags.SAMPLED;
    if (traceState !== undefined) this.traceState = traceState;
  }

  /** Flags and state must not change any more. */
  get context(): SpanContext {
    this.#context ??= this.#makeContext();
    return this.#context;
  }

  #makeContext(): SpanContext {
    const hex = this.#hex();
    const { traceFlags, traceState } = this;
    const ids = { traceId: hex.slice(0, TRACE_ID_DIGITS), spanId: hex.slice(TRACE_ID_DIGITS) };
    return traceState === undefined ? { ...ids, traceFlags } : { ...ids, traceFlags, traceState };
  }

  #hex(): string {
    SCRATCH.writeInt32BE(this.trace0, 0);
    SCRATCH.writeInt32BE(this.trace1, 4);
    SCRATCH.writeInt32BE(this.trace2, 8);
    SCRATCH.writeInt32BE(this.trace3, 12);
    SCRATCH.writeInt32BE(this.span0, 16);
    SCRATCH.writeInt32BE(this.span1, 20);
    return SCRATCH.toString("hex");
  }
}

/** Whether a trace's id is random is known where it was made; whether it is sampled, each span decides. */
function flagsUnder(parent: SpanIdentity | undefined, rootFlags: number): number {
  return parent === undefined ? rootFlags : parent.traceFlags & RANDOM_FLAG;
}

function traceWords(traceId: string): TraceWords | undefined {
  if (!TRACE_ID.test(traceId)) return undefined;
  const [trace0, trace1] = [wordAt(traceId, 0), wordAt(traceId, 1)];
  const [trace2, trace3] = [wordAt(traceId, 2), wordAt(traceId, 3)];
  return (trace0 | trace1 | trace2 | trace3) === 0 ? undefined : { trace0, trace1, trace2, trace3 };
}

function spanWords(spanId: string): readonly [number, number] | undefined {
  if (!SPAN_ID.test(spanId)) return undefined;
  const [span0, span1] = [wordAt(spanId, 0), wordAt(spanId, 1)];
  return (span0 | span1) === 0 ? undefined : [span0, span1];
}

function wordAt(hex: string, index: number): number {
  return Number.parseInt(hex.slice(index * WORD_DIGITS, (index + 1) * WORD_DIGITS), 16) | 0;
}
