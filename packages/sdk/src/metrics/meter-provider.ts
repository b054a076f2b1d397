import {
  diag,
  type Meter as ApiMeter,
  type MeterOptions,
  type MeterProvider as ApiMeterProvider,
} from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { hrTimeOf } from "../common/hr-time.ts";
import { ScopeRegistry } from "../common/instrumentation-scope.ts";
import { WallClock } from "../common/wall-clock.ts";
import { type Environment, readChoice } from "../config/environment.ts";
import { defaultResource, type Resource } from "../resource/resource.ts";
import type { ExemplarFilter } from "./exemplar-reservoir.ts";
import { Meter } from "./meter.ts";
import type { CollectionResult, ScopeMetrics } from "./metric-data.ts";
import type { MetricReader } from "./metric-reader.ts";

/** Specification, "Configuration of cardinality limits", default. */
const DEFAULT_CARDINALITY_LIMIT = 2_000;
const DEFAULT_CALLBACK_TIMEOUT_MS = 30_000;

export interface MeterProviderConfig {
  readonly resource?: Resource;
  readonly readers?: readonly MetricReader[];
  /** `trace_based`, unless given here or by `OTEL_METRICS_EXEMPLAR_FILTER`. */
  readonly exemplarFilter?: ExemplarFilter;
  /** How many series an instrument may have for a reader; further ones share an overflow series. 2000 */
  readonly cardinalityLimit?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly env?: Environment;
}

/** Makes meters, and lets its readers collect what their instruments measured. */
export class MeterProvider implements ApiMeterProvider {
  readonly #resource: Resource;
  readonly #readers: readonly MetricReader[];
  readonly #clock: Clock;
  readonly #meters: ScopeRegistry<Meter>;
  #shutdown: Promise<void> | undefined;

  constructor(config: MeterProviderConfig = {}) {
    this.#resource = config.resource ?? defaultResource();
    this.#readers = config.readers ?? [];
    this.#clock = config.clock ?? new WallClock();
    const shared = {
      cardinalityLimit: config.cardinalityLimit ?? DEFAULT_CARDINALITY_LIMIT,
      exemplarFilter:
        config.exemplarFilter ?? exemplarFilterFromEnvironment(config.env ?? process.env) ?? "trace_based",
      clock: this.#clock,
      random: config.random ?? Math.random,
    };
    this.#meters = new ScopeRegistry(
      (scope) =>
        new Meter(scope, (type) =>
          this.#readers.map((reader) => ({ ...shared, temporality: reader.selectAggregationTemporality(type) })),
        ),
    );
    for (const [index, reader] of this.#readers.entries()) {
      reader.setMetricProducer({ collect: (options) => this.#collect(index, options?.timeoutMillis) });
    }
  }

  getMeter(name: string, version?: string, options?: MeterOptions): ApiMeter {
    return this.#meters.get(name, version, options);
  }

  /** Has every reader collect and export. */
  forceFlush(): Promise<void> {
    return this.#shutdown ?? this.#await("forceFlush");
  }

  /** Has every reader collect and export a last time. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#await("shutdown");
    return this.#shutdown;
  }

  async #collect(readerIndex: number, timeoutMs = DEFAULT_CALLBACK_TIMEOUT_MS): Promise<CollectionResult> {
    const meters = [...this.#meters.values()];
    const run = (callback: () => void | Promise<void>): Promise<unknown> => this.#runCallback(callback, timeoutMs);
    const errors = await Promise.all(meters.map((meter) => meter.observe(readerIndex, run)));
    const endTime = hrTimeOf(this.#clock.nowMs());
    const scopeMetrics: ScopeMetrics[] = [];
    for (const meter of meters) {
      const metrics = meter.collect(readerIndex, endTime);
      if (metrics.length > 0) scopeMetrics.push({ scope: meter.scope, metrics });
    }
    return { resourceMetrics: { resource: this.#resource, scopeMetrics }, errors: errors.flat() };
  }

  /** A callback that does not come back must not hold up the others. */
  #runCallback(callback: () => void | Promise<void>, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(timeoutMs, () => resolve(new Error(`took longer than ${timeoutMs} ms`)));
      void outcomeOf(callback).then(resolve).finally(cancelTimer);
    });
  }

  async #await(operation: "forceFlush" | "shutdown"): Promise<void> {
    const outcomes = await Promise.allSettled(this.#readers.map(async (reader) => reader[operation]()));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        diag.error(`a metric reader failed at ${operation}: ${messageOf(outcome.reason)}`);
    }
  }
}

function exemplarFilterFromEnvironment(env: Environment): ExemplarFilter | undefined {
  return readChoice(env, "OTEL_METRICS_EXEMPLAR_FILTER", ["trace_based", "always_on", "always_off"]);
}

async function outcomeOf(callback: () => void | Promise<void>): Promise<unknown> {
  try {
    await callback();
    return undefined;
  } catch (thrown) {
    return thrown ?? new Error("rejected");
  }
}
