import {
  type Attributes,
  type Context,
  context as contextApi,
  diag,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  trace,
  TraceFlags,
  type Tracer as ApiTracer,
} from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";
import { activeContext } from "../context/active-context.ts";
import { contextWithSpan } from "../context/span-scoped-context.ts";
import type { IdentitySource } from "./identity-source.ts";
import { RecordingSpan, type SpanEnvironment } from "./recording-span.ts";
import { type Sampler, SamplingDecision, type SamplingResult } from "./sampler.ts";
import { type DecisionsByParent, parentKindOf } from "./sampling-by-parent.ts";
import { identityOfContext } from "./identity-of-context.ts";
import type { SpanIdentity } from "./span-identity.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

export interface TracerSettings {
  readonly spans: SpanEnvironment;
  readonly sampler: Sampler;
  readonly decisions: DecisionsByParent;
  readonly identities: IdentitySource;
  readonly hasProcessors: boolean;
  readonly isShutDown: () => boolean;
}

const NO_OPTIONS: SpanOptions = {};

export class Tracer implements ApiTracer {
  readonly scope: InstrumentationScope;
  readonly #settings: TracerSettings;
  #isEnabled: boolean;

  constructor(scope: InstrumentationScope, settings: TracerSettings, isEnabled: boolean) {
    this.scope = scope;
    this.#settings = settings;
    this.#isEnabled = isEnabled;
  }

  /** Whether spans lead to anything. Source: trace SDK specification, "Enabled". */
  enabled(): boolean {
    return this.#isEnabled && this.#settings.hasProcessors && !this.#settings.isShutDown();
  }

  /** Follows the provider's configurator. */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
  }

  startSpan(name: string, options: SpanOptions = NO_OPTIONS, context: Context = activeContext()): Span {
    const parentContext = options.root === true ? trace.deleteSpan(context) : context;
    // Nothing is in the root context.
    const parent = parentContext === ROOT_CONTEXT ? undefined : identityOfContext(parentContext);
    if (!this.#isEnabled || this.#settings.isShutDown() || isTracingSuppressed(parentContext)) {
      return trace.wrapSpanContext(parent?.context ?? INVALID_SPAN_CONTEXT);
    }
    const parentKind = parentKindOf(parent);
    const { counts } = this.#settings.spans;
    const decision = this.#settings.decisions[parentKind];
    if (decision === SamplingDecision.NOT_RECORD) {
      counts.started(parentKind, decision);
      return this.#unsampled(parent);
    }
    const identity = this.#settings.identities.next(parent);
    if (decision !== undefined) {
      counts.started(parentKind, decision);
      identity.traceFlags |= TraceFlags.SAMPLED;
      return this.#start(name, options, parentContext, parent, identity, undefined);
    }
    const sampling = this.#sample(parentContext, identity.traceId, name, options);
    counts.started(parentKind, sampling.decision);
    identity.decide(sampling.decision === SamplingDecision.RECORD_AND_SAMPLED, sampling.traceState);
    return sampling.decision === SamplingDecision.NOT_RECORD
      ? trace.wrapSpanContext(identity.context)
      : this.#start(name, options, parentContext, parent, identity, sampling.attributes);
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
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : NO_OPTIONS;
    const parentContext = rest.length > 2 ? (rest[1] as Context) : activeContext();
    const span = this.startSpan(name, options, parentContext);
    return contextApi.with(contextWithSpan(parentContext, span), task, undefined, span);
  }

  #start(
    name: string,
    options: SpanOptions,
    parentContext: Context,
    parent: SpanIdentity | undefined,
    identity: SpanIdentity,
    sampledAttributes: Readonly<Attributes> | undefined,
  ): Span {
    const { spans } = this.#settings;
    const kind = options.kind ?? SpanKind.INTERNAL;
    const span = new RecordingSpan(spans, this.scope, identity, parent, name, kind, options.startTime);
    if (options.links !== undefined) span.addLinks(options.links);
    if (options.attributes !== undefined) span.setAttributes(options.attributes);
    if (sampledAttributes !== undefined) span.setAttributes(sampledAttributes);
    spans.processor.onStart(span, parentContext);
    return span;
  }

  #unsampled(parent: SpanIdentity | undefined): Span {
    const { identities } = this.#settings;
    const flags = (parent?.traceFlags ?? identities.rootFlags) & ~TraceFlags.SAMPLED;
    return new UnsampledSpan(parent, identities, flags);
  }

  /** A sampler is the user's code: when it throws, the span is made but not recorded. */
  #sample(context: Context, traceId: string, name: string, options: SpanOptions): SamplingResult {
    try {
      const { kind = SpanKind.INTERNAL, attributes = {}, links = [] } = options;
      return this.#settings.sampler.shouldSample(context, traceId, name, kind, attributes, links);
    } catch (thrown) {
      diag.error(`the sampler failed: ${String(thrown)}`);
      return { decision: SamplingDecision.NOT_RECORD };
    }
  }
}
