import type { Clock } from "@clew/base";
import { hrTimeOf } from "../common/hr-time.ts";
import type { Resource } from "../resource/resource.ts";
import type { Meter } from "./meter.ts";
import type { CollectionResult } from "./metric-data.ts";
import type { MetricCollectOptions, SdkMetricProducer } from "./metric-reader.ts";
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
    return { resourceMetrics: { resource: this.#settings.resource, scopeMetrics: sink.scopeMetrics }, errors };
  }

  collectInto(sink: MetricSink, options: MetricCollectOptions = {}): Promise<readonly unknown[]> {
    const collected = this.#last.then(() => this.#collect(sink, options));
    // A sink that throws fails its own collection, not the next.
    this.#last = collected.catch(() => {});
    return collected;
  }

  async #collect(sink: MetricSink, { timeoutMillis, metricFilter }: MetricCollectOptions): Promise<readonly unknown[]> {
    const { meters, readerIndex, clock } = this.#settings;
    const asked = [...meters()];
    const round = {
      readerIndex,
      timeoutMillis: timeoutMillis ?? DEFAULT_CALLBACK_TIMEOUT_MS,
      metricFilter,
      clock,
    };
    const errors = await Promise.all(asked.map((meter) => meter.observe(round)));
    const endTime = hrTimeOf(clock.nowMs());
    for (const meter of asked) meter.collect(readerIndex, sink, endTime, metricFilter);
    return errors.flat();
  }
}
