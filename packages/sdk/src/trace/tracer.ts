import {
  type Context,
  context as contextApi,
  diag,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  trace,
  TraceFlags,
  type Tracer as ApiTracer,
} from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";
import type { IdGenerator } from "./id-generator.ts";
import { RecordingSpan, type SpanEnvironment } from "./recording-span.ts";
import { type Sampler, SamplingDecision, type SamplingResult } from "./sampler.ts";

/** W3C Trace Context level 2: the low 56 bits of the trace id are random. */
const RANDOM_FLAG = 0x02;

export interface TracerSettings {
  readonly spans: SpanEnvironment;
  readonly sampler: Sampler;
  readonly idGenerator: IdGenerator;
  /** Whether the generator's trace ids are random enough to say so in their flags. */
  readonly idsAreRandom: boolean;
  readonly isShutDown: () => boolean;
}

export class Tracer implements ApiTracer {
  readonly #scope: InstrumentationScope;
  readonly #settings: TracerSettings;

  constructor(scope: InstrumentationScope, settings: TracerSettings) {
    this.#scope = scope;
    this.#settings = settings;
  }

  startSpan(name: string, options: SpanOptions = {}, context: Context = contextApi.active()): Span {
    const parentContext = options.root === true ? trace.deleteSpan(context) : context;
    const parent = validParent(parentContext);
    if (this.#settings.isShutDown() || isTracingSuppressed(parentContext)) {
      return trace.wrapSpanContext(parent ?? INVALID_SPAN_CONTEXT);
    }
    const traceId = parent?.traceId ?? this.#settings.idGenerator.generateTraceId();
    const kind = options.kind ?? SpanKind.INTERNAL;
    const sampling = this.#sample(parentContext, traceId, name, kind, options);
    const spanContext = this.#spanContext(traceId, parent, sampling);
    if (sampling.decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(spanContext);
    const span = new RecordingSpan(this.#settings.spans, {
      name,
      kind,
      spanContext,
      parentSpanContext: parent,
      parentContext,
      scope: this.#scope,
      startTime: options.startTime,
    });
    if (options.links !== undefined) span.addLinks(options.links);
    if (options.attributes !== undefined) span.setAttributes(options.attributes);
    if (sampling.attributes !== undefined) span.setAttributes(sampling.attributes);
    this.#settings.spans.processor.onStart(span, parentContext);
    return span;
  }

  startActiveSpan<Task extends (span: Span) => unknown>(name: string, task: Task): ReturnType<Task>;
  startActiveSpan<Task extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    task: Task,
  ): ReturnType<Task>;
  startActiveSpan<Task extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    task: Task,
  ): ReturnType<Task>;
  startActiveSpan<Task extends (span: Span) => unknown>(
    name: string,
    ...rest: [Task] | [SpanOptions, Task] | [SpanOptions, Context, Task]
  ): ReturnType<Task> {
    const task = rest.at(-1) as (span: Span) => ReturnType<Task>;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parentContext = rest.length > 2 ? (rest[1] as Context) : contextApi.active();
    const span = this.startSpan(name, options, parentContext);
    return contextApi.with(trace.setSpan(parentContext, span), task, undefined, span);
  }

  /** A sampler is the user's code: when it throws, the span is made but not recorded. */
  #sample(context: Context, traceId: string, name: string, kind: SpanKind, options: SpanOptions): SamplingResult {
    try {
      const { attributes = {}, links = [] } = options;
      return this.#settings.sampler.shouldSample(context, traceId, name, kind, attributes, links);
    } catch (thrown) {
      diag.error(`the sampler failed: ${String(thrown)}`);
      return { decision: SamplingDecision.NOT_RECORD };
    }
  }

  #spanContext(traceId: string, parent: SpanContext | undefined, sampling: SamplingResult): SpanContext {
    const randomFlag = parent === undefined ? this.#ownRandomFlag() : parent.traceFlags & RANDOM_FLAG;
    const sampled = sampling.decision === SamplingDecision.RECORD_AND_SAMPLED;
    const traceState = sampling.traceState ?? parent?.traceState;
    return {
      traceId,
      spanId: this.#settings.idGenerator.generateSpanId(),
      traceFlags: (sampled ? TraceFlags.SAMPLED : TraceFlags.NONE) | randomFlag,
      ...(traceState !== undefined && { traceState }),
    };
  }

  #ownRandomFlag(): number {
    return this.#settings.idsAreRandom ? RANDOM_FLAG : 0;
  }
}

function validParent(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context);
  return parent !== undefined && isSpanContextValid(parent) ? parent : undefined;
}
