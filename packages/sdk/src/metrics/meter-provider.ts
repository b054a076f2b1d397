import { type Drainable, drainAll, type LastRequest } from "../exit/last-request.ts";
import { diag, type MeterOptions, type MeterProvider as ApiMeterProvider } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { type InstrumentationScope, ScopeRegistry, type ScopeOptions } from "../common/instrumentation-scope.ts";
import { observeAll, type SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import { held } from "../common/process-hold.ts";
import { configOf } from "../common/scope-configurator.ts";
import { WallClock } from "../common/wall-clock.ts";
import { type Environment, readChoice } from "../config/environment.ts";
import { defaultResource, type Resource } from "../resource/resource.ts";
import { AggregationType } from "./aggregation-option.ts";
import { eligibility, type ExemplarFilter } from "./exemplar-filter.ts";
import { Meter } from "./meter.ts";
import type { MeterConfigurator } from "./meter-configurator.ts";
import type { ReaderSettings } from "./meter-settings.ts";
import { MetricCollector } from "./metric-collector.ts";
import { DEFAULT_CARDINALITY_LIMIT, type IMetricReader, type TimeoutOptions } from "./metric-reader.ts";
import type { ViewMatchingMode, ViewOptions } from "./view.ts";
import { ViewRegistry } from "./view-registry.ts";

export interface MeterProviderConfig {
  readonly resource?: Resource;
  readonly readers?: readonly IMetricReader[];
  readonly views?: readonly ViewOptions[];
  /** `independent` */
  readonly viewMatchingMode?: ViewMatchingMode;
  readonly meterConfigurator?: MeterConfigurator;
  /** `trace_based`, unless given here or by `OTEL_METRICS_EXEMPLAR_FILTER`. */
  readonly exemplarFilter?: ExemplarFilter;
  /** How many series a metric may have, whatever the readers say; views win. Further ones share an overflow series. */
  readonly cardinalityLimit?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly env?: Environment;
}

/** Makes meters, and lets its readers collect what their instruments measured. */
export class MeterProvider implements ApiMeterProvider, Drainable, SelfObserved {
  readonly #readers: readonly IMetricReader[];
  readonly #meters: ScopeRegistry<Meter>;
  readonly #idleMeters: ScopeRegistry<Meter>;
  #configurator: MeterConfigurator | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(config: MeterProviderConfig = {}) {
    const clock = config.clock ?? new WallClock();
    const filter = config.exemplarFilter ?? exemplarFilterFromEnvironment(config.env ?? process.env) ?? "trace_based";
    this.#readers = config.readers ?? [];
    this.#configurator = config.meterConfigurator;
    const resource = config.resource ?? defaultResource();
    const settings = {
      resource,
      readers: this.#readers.map((reader) => readerSettings(reader, config.cardinalityLimit)),
      views: new ViewRegistry(config.views ?? [], validMode(config.viewMatchingMode)),
      eligibility: eligibility(filter),
      clock,
      random: config.random ?? Math.random,
    };
    this.#meters = new ScopeRegistry((scope) => new Meter(scope, settings, this.#isEnabled(scope)));
    this.#idleMeters = new ScopeRegistry((scope) => new Meter(scope, { ...settings, readers: [] }, false));
    for (const [readerIndex, reader] of this.#readers.entries()) {
      const meters = (): Iterable<Meter> => this.#meters.values();
      handOver(reader, new MetricCollector({ resource, meters, readerIndex, clock }));
    }
  }

  /** After `shutdown`, a meter that does nothing. */
  getMeter(name: string, version?: string, options?: MeterOptions & ScopeOptions): Meter {
    if (this.#shutdown !== undefined) return this.#idleMeters.get(name, version, options);
    if (typeof name !== "string" || name === "") {
      diag.warn(`a meter was made with the name ${JSON.stringify(name)}: expected that of the library that uses it`);
    }
    return this.#meters.get(name, version, options);
  }

  /** Applies to the meters that there are, too. */
  setMeterConfigurator(configurator: MeterConfigurator | undefined): void {
    this.#configurator = configurator;
    for (const meter of this.#meters.values()) meter.setEnabled(this.#isEnabled(meter.scope));
  }

  /** Has every reader collect and export. Never rejects. */
  forceFlush(options: TimeoutOptions = {}): Promise<void> {
    return this.#shutdown ?? held(this.#await("forceFlush", options));
  }

  observeWith(observer: SdkObserver): void {
    observeAll(this.#readers, observer);
  }

  /** Has every reader collect what can be without waiting. */
  drain(isEnd: boolean): readonly LastRequest[] {
    return this.#shutdown === undefined ? drainAll(this.#readers, isEnd) : [];
  }

  /** Has every reader collect and export a last time. Never rejects. */
  shutdown(options: TimeoutOptions = {}): Promise<void> {
    this.#shutdown ??= held(this.#await("shutdown", options));
    return this.#shutdown;
  }

  #isEnabled(scope: InstrumentationScope): boolean {
    return configOf("meter", this.#configurator, scope)?.enabled ?? true;
  }

  async #await(operation: "forceFlush" | "shutdown", options: TimeoutOptions): Promise<void> {
    const outcomes = await Promise.allSettled(this.#readers.map(async (reader) => reader[operation](options)));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        diag.error(`a metric reader failed at ${operation}: ${messageOf(outcome.reason)}`);
    }
  }
}

function handOver(reader: IMetricReader, collector: MetricCollector): void {
  try {
    reader.setMetricProducer(collector);
  } catch (thrown) {
    diag.error(`a metric reader refused its provider, and reads nothing: ${messageOf(thrown)}`);
  }
}

/** Readers are the user's code: what they need not answer has a default. */
function readerSettings(reader: IMetricReader, providerLimit: number | undefined): ReaderSettings {
  return {
    aggregation: (type) => reader.selectAggregation?.(type) ?? { type: AggregationType.DEFAULT },
    temporality: (type) => reader.selectAggregationTemporality(type),
    cardinalityLimit: (type) => providerLimit ?? reader.selectCardinalityLimit?.(type) ?? DEFAULT_CARDINALITY_LIMIT,
  };
}

function exemplarFilterFromEnvironment(env: Environment): ExemplarFilter | undefined {
  return readChoice(env, "OTEL_METRICS_EXEMPLAR_FILTER", ["trace_based", "always_on", "always_off"]);
}

function validMode(mode: ViewMatchingMode | undefined): ViewMatchingMode {
  if (mode === undefined || mode === "independent" || mode === "composable") return mode ?? "independent";
  diag.warn(`viewMatchingMode is ${JSON.stringify(mode)}, expected independent or composable: independent is used`);
  return "independent";
}
