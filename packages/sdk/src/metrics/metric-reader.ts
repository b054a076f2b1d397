import { diag } from "@opentelemetry/api";
import { messageOf, systemClock } from "@clew/base";
import { TimeoutError } from "../common/timeout-error.ts";
import { resourceFromAttributes } from "../resource/resource.ts";
import { type AggregationOption, AggregationType } from "./aggregation-option.ts";
import type { InstrumentType } from "./instrument-type.ts";
import {
  AggregationTemporality,
  type CollectionResult,
  type ResourceMetrics,
  type ScopeMetrics,
} from "./metric-data.ts";
import type { MetricFilter } from "./metric-filter.ts";
import type { MetricSink } from "./metric-sink.ts";

/** Specification, "Cardinality limits", default. */
export const DEFAULT_CARDINALITY_LIMIT = 2_000;

export interface MetricCollectOptions {
  /** Bounds each callback of an observable instrument. 30000 */
  readonly timeoutMillis?: number;
  readonly metricFilter?: MetricFilter;
}

/** A source of metrics that are aggregated already: the SDK, or a bridge to something else. */
export interface MetricProducer {
  collect(options?: MetricCollectOptions): Promise<CollectionResult>;
}

/** The SDK as a source: it also gives its metrics to a sink, without making objects of them. */
export interface SdkMetricProducer extends MetricProducer {
  /** Resolves to what the callbacks of observable instruments threw. */
  collectInto(sink: MetricSink, options?: MetricCollectOptions): Promise<readonly unknown[]>;
  /** The same without waiting for callbacks that do not come back at once. */
  collectNow(sink: MetricSink, options?: MetricCollectOptions): void;
  collectObjectsNow(options?: MetricCollectOptions): ResourceMetrics;
}

export interface TimeoutOptions {
  readonly timeoutMillis?: number;
}

/** What a provider needs of a reader. `MetricReader` does most of it. */
export interface IMetricReader {
  /** Called once, by the provider that the reader belongs to. */
  setMetricProducer(metricProducer: MetricProducer): void;
  /** Where no view says otherwise. */
  selectAggregation?(instrumentType: InstrumentType): AggregationOption;
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality;
  /** How many series an instrument may have, where no view says otherwise. 2000 */
  selectCardinalityLimit?(instrumentType: InstrumentType): number;
  /** Collects and hands on. */
  forceFlush(options?: TimeoutOptions): Promise<void>;
  /** Flushes, then releases everything. Safe to call twice. */
  shutdown(options?: TimeoutOptions): Promise<void>;
}

export interface MetricReaderOptions {
  readonly aggregationSelector?: (instrumentType: InstrumentType) => AggregationOption | undefined;
  /** Cumulative for every instrument unless given. */
  readonly aggregationTemporalitySelector?: (instrumentType: InstrumentType) => AggregationTemporality | undefined;
  readonly cardinalitySelector?: (instrumentType: InstrumentType) => number | undefined;
  /** Further sources beside the SDK. Their resources are ignored. */
  readonly metricProducers?: readonly MetricProducer[];
  /** What is to be collected, of the SDK and of further sources. */
  readonly metricFilter?: MetricFilter;
}

/** Takes the metrics out of a provider, when it wants to or when it is asked. Belongs to one provider. */
export abstract class MetricReader implements IMetricReader {
  readonly #options: MetricReaderOptions;
  #sdkProducer: MetricProducer | undefined;
  #shutdown: Promise<void> | undefined;
  #isShutDown = false;

  constructor(options: MetricReaderOptions = {}) {
    this.#options = options;
  }

  setMetricProducer(metricProducer: MetricProducer): void {
    if (this.#sdkProducer !== undefined) {
      diag.error("a metric reader can belong to one meter provider only: this one stays with its first");
      return;
    }
    this.#sdkProducer = metricProducer;
    this.onInitialized();
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return this.#options.aggregationSelector?.(instrumentType) ?? { type: AggregationType.DEFAULT };
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return this.#options.aggregationTemporalitySelector?.(instrumentType) ?? AggregationTemporality.CUMULATIVE;
  }

  selectCardinalityLimit(instrumentType: InstrumentType): number {
    return this.#options.cardinalitySelector?.(instrumentType) ?? DEFAULT_CARDINALITY_LIMIT;
  }

  /** Everything there is now. Never rejects: what failed is in `errors`; after `shutdown`, that is all there is. */
  async collect(options: MetricCollectOptions = {}): Promise<CollectionResult> {
    const problem = this.#problem();
    if (problem !== undefined) return nothing(problem);
    const withFilter = this.#withFilter(options);
    const sources = [this.#sdkProducer, ...this.furtherProducers].filter((source) => source !== undefined);
    const results = await Promise.all(sources.map((source) => resultOf(source, withFilter)));
    const scopeMetrics = results.flatMap(
      ({ resourceMetrics }): readonly ScopeMetrics[] => resourceMetrics.scopeMetrics,
    );
    const [sdk] = results;
    return {
      resourceMetrics: { resource: sdk?.resourceMetrics.resource ?? resourceFromAttributes({}), scopeMetrics },
      errors: results.flatMap(({ errors }) => errors),
    };
  }

  forceFlush(options: TimeoutOptions = {}): Promise<void> {
    return this.#shutdown ?? within(options, "forceFlush", this.onForceFlush());
  }

  shutdown(options: TimeoutOptions = {}): Promise<void> {
    this.#shutdown ??= within(options, "shutdown", this.#finish());
    return this.#shutdown;
  }

  protected get furtherProducers(): readonly MetricProducer[] {
    return this.#options.metricProducers ?? [];
  }

  /** The metrics of the SDK alone, into a sink. Resolves to what the callbacks of observable instruments threw. */
  protected async collectInto(sink: MetricSink, options: MetricCollectOptions): Promise<readonly unknown[]> {
    const problem = this.#problem();
    if (problem !== undefined) return [new Error(problem)];
    const producer = this.#sdkProducer;
    return producer !== undefined && isSdkProducer(producer)
      ? producer.collectInto(sink, this.#withFilter(options))
      : [new Error("the metric reader did not get its metric producer from the SDK")];
  }

  /** The same without waiting for callbacks that do not come back at once. */
  protected collectNow(sink: MetricSink, options: MetricCollectOptions): void {
    this.#usableProducer()?.collectNow(sink, this.#withFilter(options));
  }

  /** And as objects. */
  protected collectObjectsNow(options: MetricCollectOptions): ResourceMetrics | undefined {
    return this.#usableProducer()?.collectObjectsNow(this.#withFilter(options));
  }

  /** Called when the reader has got its provider. */
  protected onInitialized(): void {}
  protected abstract onForceFlush(): Promise<void>;
  protected abstract onShutdown(): Promise<void>;

  async #finish(): Promise<void> {
    try {
      await this.onShutdown();
    } finally {
      this.#isShutDown = true;
    }
  }

  #usableProducer(): SdkMetricProducer | undefined {
    const producer = this.#sdkProducer;
    return this.#problem() === undefined && producer !== undefined && isSdkProducer(producer) ? producer : undefined;
  }

  #withFilter(options: MetricCollectOptions): MetricCollectOptions {
    const { metricFilter } = this.#options;
    return metricFilter === undefined ? options : { metricFilter, ...options };
  }

  #problem(): string | undefined {
    if (this.#sdkProducer === undefined) return "the metric reader belongs to no meter provider";
    return this.#isShutDown ? "the metric reader is shut down" : undefined;
  }
}

function isSdkProducer(producer: MetricProducer): producer is SdkMetricProducer {
  return "collectInto" in producer;
}

async function resultOf(producer: MetricProducer, options: MetricCollectOptions): Promise<CollectionResult> {
  try {
    return await producer.collect(options);
  } catch (thrown) {
    return nothing(`a metric producer failed: ${messageOf(thrown)}`);
  }
}

function nothing(problem: string): CollectionResult {
  const resourceMetrics = { resource: resourceFromAttributes({}), scopeMetrics: [] };
  return { resourceMetrics, errors: [new Error(problem)] };
}

/** Rejects when `task` is not done in time; it goes on all the same. */
async function within({ timeoutMillis }: TimeoutOptions, name: string, task: Promise<void>): Promise<void> {
  if (timeoutMillis === undefined) return task;
  let cancelTimer: (() => void) | undefined;
  const timeout = new Promise<never>((_, reject) => {
    cancelTimer = systemClock.after(timeoutMillis, () => {
      reject(new TimeoutError(`${name} of a metric reader took longer than ${timeoutMillis} ms`));
    });
  });
  try {
    await Promise.race([task, timeout]);
  } finally {
    cancelTimer?.();
  }
}
