import type { Clock } from "@clew/base";
import { hrTimeOf } from "../common/hr-time.ts";
import type { Resource } from "../resource/resource.ts";
import type { Meter } from "./meter.ts";
import type { CollectionResult, ResourceMetrics } from "./metric-data.ts";
import type { MetricCollectOptions, SdkMetricProducer } from "./metric-reader.ts";
import type { ObservationRound } from "./observable-callbacks.ts";
import { MetricDataSink, type MetricSink } from "./metric-sink.ts";

const DEFAULT_CALLBACK_TIMEOUT_MS = 30_000;

export interface MetricCollectorSettings {
  readonly resource: Resource;
  readonly meters: () => Iterable<Meter>;
  /** The reader's place in its provider. */
  readonly readerIndex: number;
  readonly clock: Clock;
}

/** A provider's metrics for one of its readers. One collection runs at a time. */
export class MetricCollector implements SdkMetricProducer {
  readonly #settings: MetricCollectorSettings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: MetricCollectorSettings) {
    this.#settings = settings;
  }

  async collect(options: MetricCollectOptions = {}): Promise<CollectionResult> {
    const sink = new MetricDataSink();
    const errors = await this.collectInto(sink, options);
    return { resourceMetrics: this.#resourceMetrics(sink), errors };
  }

  collectInto(sink: MetricSink, options: MetricCollectOptions = {}): Promise<readonly unknown[]> {
    const collected = this.#last.then(() => this.#collect(sink, options));
    // A sink that throws fails its own collection, not the next.
    this.#last = collected.catch(() => {});
    return collected;
  }

  collectNow(sink: MetricSink, options: MetricCollectOptions = {}): void {
    const asked = [...this.#settings.meters()];
    for (const meter of asked) void meter.observe(this.#round(options));
    this.#gather(asked, sink, options);
  }

  collectObjectsNow(options: MetricCollectOptions = {}): ResourceMetrics {
    const sink = new MetricDataSink();
    this.collectNow(sink, options);
    return this.#resourceMetrics(sink);
  }

  async #collect(sink: MetricSink, options: MetricCollectOptions): Promise<readonly unknown[]> {
    const asked = [...this.#settings.meters()];
    const errors = await Promise.all(asked.map((meter) => meter.observe(this.#round(options))));
    this.#gather(asked, sink, options);
    return errors.flat();
  }

  #resourceMetrics({ scopeMetrics }: MetricDataSink): ResourceMetrics {
    return { resource: this.#settings.resource, scopeMetrics };
  }

  #round({ timeoutMillis = DEFAULT_CALLBACK_TIMEOUT_MS, metricFilter }: MetricCollectOptions): ObservationRound {
    const { readerIndex, clock } = this.#settings;
    return { readerIndex, timeoutMillis, metricFilter, clock };
  }

  #gather(meters: readonly Meter[], sink: MetricSink, { metricFilter }: MetricCollectOptions): void {
    const { readerIndex, clock } = this.#settings;
    const endTime = hrTimeOf(clock.nowMs());
    for (const meter of meters) meter.collect(readerIndex, sink, endTime, metricFilter);
  }
}
