import type { MeterProvider, TracerOptions, TracerProvider as ApiTracerProvider } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import { type InstrumentationScope, type ScopeOptions, ScopeRegistry } from "../common/instrumentation-scope.ts";
import { held } from "../common/process-hold.ts";
import { configOf } from "../common/scope-configurator.ts";
import { timeReaderOf, WallClock } from "../common/wall-clock.ts";
import { defaultResource, type Resource } from "../resource/resource.ts";
import { AlwaysOnSampler } from "./always-samplers.ts";
import type { IdGenerator } from "./id-generator.ts";
import { IdentitySource } from "./identity-source.ts";
import { MultiSpanProcessor } from "./multi-span-processor.ts";
import { ParentBasedSampler } from "./parent-based-sampler.ts";
import type { Sampler } from "./sampler.ts";
import { decisionsByParent } from "./sampling-by-parent.ts";
import { observeAll, SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import { SpanCounts } from "./span-counts.ts";
import { attributeLimits, type SpanLimits, spanLimitsFromEnvironment } from "./span-limits.ts";
import type { SpanProcessor } from "./span-processor.ts";
import { Tracer } from "./tracer.ts";
import type { TracerConfigurator } from "./tracer-configurator.ts";

export interface TracerProviderConfig {
  readonly resource?: Resource;
  /** Parent-based, always on for roots, unless given. */
  readonly sampler?: Sampler;
  readonly spanProcessors?: readonly SpanProcessor[];
  readonly spanLimits?: Partial<SpanLimits>;
  readonly idGenerator?: IdGenerator;
  readonly tracerConfigurator?: TracerConfigurator;
  /** Where the SDK's own metrics of spans go; nowhere unless given. */
  readonly meterProvider?: MeterProvider;
  readonly clock?: Clock;
}

/** Makes tracers, and holds what their spans go through. */
export class TracerProvider implements ApiTracerProvider, Drainable, SelfObserved {
  readonly #processor: MultiSpanProcessor;
  readonly #tracers: ScopeRegistry<Tracer>;
  readonly #counts: SpanCounts;
  #configurator: TracerConfigurator | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(config: TracerProviderConfig = {}) {
    const limits = { ...spanLimitsFromEnvironment(), ...config.spanLimits };
    const sampler = config.sampler ?? new ParentBasedSampler({ root: new AlwaysOnSampler() });
    this.#configurator = config.tracerConfigurator;
    this.#processor = new MultiSpanProcessor(config.spanProcessors ?? []);
    const counts = new SpanCounts();
    const settings = {
      spans: {
        clock: timeReaderOf(config.clock ?? new WallClock()),
        limits,
        attributeLimits: attributeLimits(limits),
        resource: config.resource ?? defaultResource(),
        processor: this.#processor,
        counts,
      },
      sampler,
      decisions: decisionsByParent(sampler),
      identities: new IdentitySource(config.idGenerator),
      hasProcessors: (config.spanProcessors ?? []).length > 0,
      isShutDown: () => this.#shutdown !== undefined,
    };
    this.#counts = counts;
    if (config.meterProvider !== undefined) this.observeWith(new SdkObserver(config.meterProvider));
    this.#tracers = new ScopeRegistry((scope) => new Tracer(scope, settings, this.#isEnabled(scope)));
  }

  getTracer(name: string, version?: string, options?: TracerOptions & ScopeOptions): Tracer {
    return this.#tracers.get(name, version, options);
  }

  /** Applies to the tracers that there are, too. */
  setTracerConfigurator(configurator: TracerConfigurator | undefined): void {
    this.#configurator = configurator;
    for (const tracer of this.#tracers.values()) tracer.setEnabled(this.#isEnabled(tracer.scope));
  }

  #isEnabled(scope: InstrumentationScope): boolean {
    return configOf("tracer", this.#configurator, scope)?.enabled ?? true;
  }

  observeWith(observer: SdkObserver): void {
    observeAll([this.#counts, this.#processor], observer);
  }

  /** Resolves when every span that ended before the call has been exported. */
  forceFlush(): Promise<void> {
    return this.#shutdown ?? held(this.#processor.forceFlush());
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return this.#processor.drain(isEnd);
  }

  /** Exports what is left. Spans that start afterwards are not recorded. */
  shutdown(): Promise<void> {
    this.#shutdown ??= held(this.#processor.shutdown());
    return this.#shutdown;
  }
}
