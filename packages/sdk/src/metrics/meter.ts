import {
  type Attributes,
  type BatchObservableCallback,
  createNoopMeter,
  diag,
  type HrTime,
  type Meter as ApiMeter,
  type Observable,
} from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import {
  describeInstrument,
  identityOf,
  type InstrumentDescriptor,
  type InstrumentOptions,
  isValidInstrumentName,
} from "./instrument-descriptor.ts";
import { InstrumentType } from "./instrument-type.ts";
import { Counter, Gauge, HistogramInstrument, SynchronousInstrument, UpDownCounter } from "./instruments.ts";
import type { MeterSettings } from "./meter-settings.ts";
import type { MetricFilter } from "./metric-filter.ts";
import type { MetricSink } from "./metric-sink.ts";
import type { MetricStorage, StorageSettings } from "./metric-storage.ts";
import { ObservableCallbacks, type ObservationRound } from "./observable-callbacks.ts";
import { ObservableInstrument } from "./observable-instrument.ts";
import { ObservableStorage } from "./observable-storage.ts";
import { StreamRegistry } from "./stream-registry.ts";
import { SynchronousStorage } from "./synchronous-storage.ts";

interface Registered {
  readonly instrument: SynchronousInstrument | ObservableInstrument;
  /** For each reader of the provider, in its order. */
  readonly storages: readonly (readonly MetricStorage[])[];
}

type SynchronousClass<Instrument> = new (
  descriptor: InstrumentDescriptor,
  storages: readonly SynchronousStorage[],
  isMeterEnabled: boolean,
) => Instrument;

const NOOP = createNoopMeter();

export class Meter implements ApiMeter {
  readonly scope: InstrumentationScope;
  readonly #streams: StreamRegistry;
  readonly #registered = new Map<string, Registered>();
  // Lower-case name --> the name as it was first given.
  readonly #firstNames = new Map<string, string>();
  readonly #callbacks = new ObservableCallbacks();
  #isEnabled: boolean;

  constructor(scope: InstrumentationScope, settings: MeterSettings, isEnabled: boolean) {
    this.scope = scope;
    this.#streams = new StreamRegistry(scope, settings);
    this.#isEnabled = isEnabled;
  }

  createCounter(name: string, options?: InstrumentOptions): Counter {
    return this.#synchronous(name, InstrumentType.COUNTER, options, Counter);
  }

  createUpDownCounter(name: string, options?: InstrumentOptions): UpDownCounter {
    return this.#synchronous(name, InstrumentType.UP_DOWN_COUNTER, options, UpDownCounter);
  }

  createHistogram(name: string, options?: InstrumentOptions): HistogramInstrument {
    return this.#synchronous(name, InstrumentType.HISTOGRAM, options, HistogramInstrument);
  }

  createGauge(name: string, options?: InstrumentOptions): Gauge {
    return this.#synchronous(name, InstrumentType.GAUGE, options, Gauge);
  }

  createObservableCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_COUNTER, options);
  }

  createObservableUpDownCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options);
  }

  createObservableGauge(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_GAUGE, options);
  }

  addBatchObservableCallback<Attr extends Attributes = Attributes>(
    callback: BatchObservableCallback<Attr>,
    observables: Observable<Attr>[],
  ): void {
    this.#callbacks.addBatch(callback, observables);
  }

  removeBatchObservableCallback<Attr extends Attributes = Attributes>(
    callback: BatchObservableCallback<Attr>,
    observables: Observable<Attr>[],
  ): void {
    this.#callbacks.removeBatch(callback, observables);
  }

  /** While it is disabled, nothing is measured, asked or collected. What was measured before is kept. */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    for (const { instrument } of this.#registered.values()) {
      if (instrument instanceof SynchronousInstrument) instrument.setMeterEnabled(isEnabled);
    }
  }

  /** Asks the callbacks, for one reader. Resolves to what they threw. */
  observe(round: ObservationRound): Promise<unknown[]> {
    if (!this.#isEnabled) return Promise.resolve([]);
    const instruments = [...this.#registered.values()]
      .map(({ instrument }) => instrument)
      .filter((instrument) => instrument instanceof ObservableInstrument);
    return this.#callbacks.ask(instruments, round);
  }

  collect(readerIndex: number, sink: MetricSink, endTime: HrTime, filter: MetricFilter | undefined): void {
    if (!this.#isEnabled) return;
    for (const { storages } of this.#registered.values()) {
      for (const storage of storages[readerIndex] ?? []) storage.collect(sink, endTime, filter);
    }
  }

  #synchronous<Instrument extends SynchronousInstrument>(
    name: string,
    type: InstrumentType,
    options: InstrumentOptions | undefined,
    Instrument: SynchronousClass<Instrument>,
  ): Instrument {
    const descriptor = describeInstrument(name, type, options);
    const registered = this.#register(descriptor, (first, settings) => {
      const storages = settings.map((ofReader) => ofReader.map((each) => new SynchronousStorage(each)));
      return { storages, instrument: new Instrument(first, storages.flat(), this.#isEnabled) };
    });
    // An identity has the type in it, so the instrument is of that class.
    return (registered as Instrument | undefined) ?? new Instrument(descriptor, [], false);
  }

  #observable(name: string, type: InstrumentType, options: InstrumentOptions | undefined): Observable {
    const registered = this.#register(describeInstrument(name, type, options), (first, settings) => {
      const storages = settings.map((ofReader) => ofReader.map((each) => new ObservableStorage(each)));
      return { storages, instrument: new ObservableInstrument(first, storages) };
    });
    return (registered as ObservableInstrument | undefined) ?? NOOP.createObservableGauge(name);
  }

  /** The instrument of that identity, made on first sight; none when the name is not valid. */
  #register(
    descriptor: InstrumentDescriptor,
    create: (descriptor: InstrumentDescriptor, settings: readonly (readonly StorageSettings[])[]) => Registered,
  ): Registered["instrument"] | undefined {
    if (!isValidInstrumentName(descriptor.name)) {
      diag.error(
        `${JSON.stringify(descriptor.name)} is not a valid instrument name, its measurements are ignored: expected a letter, then up to 254 letters, digits and _ . - /`,
      );
      return undefined;
    }
    const identity = identityOf(descriptor);
    const known = this.#registered.get(identity);
    const named = { ...descriptor, name: this.#firstName(descriptor.name) };
    if (known !== undefined) {
      warnOfOtherAdvice(known.instrument.descriptor, descriptor);
      return known.instrument;
    }
    try {
      const registered = create(named, this.#streams.settingsFor(named));
      this.#registered.set(identity, registered);
      return registered.instrument;
    } catch (thrown) {
      // Readers and views are the user's code.
      diag.error(`the instrument ${descriptor.name} could not be made, it measures nothing: ${messageOf(thrown)}`);
      return undefined;
    }
  }

  /** Specification, "Name conflict": names do not differ by case, and the first one stays. */
  #firstName(name: string): string {
    const key = name.toLowerCase();
    const first = this.#firstNames.get(key);
    if (first === undefined) this.#firstNames.set(key, name);
    else if (first !== name)
      diag.warn(`the instrument ${name} is called ${first}, as it was made with that name before`);
    return first ?? name;
  }
}

/** Specification, "Instrument advisory parameters": the first advice stays. */
function warnOfOtherAdvice(first: InstrumentDescriptor, { name, advice }: InstrumentDescriptor): void {
  if (JSON.stringify(first.advice) === JSON.stringify(advice)) return;
  diag.warn(`${name} exists already with other advice, which stays: ${JSON.stringify(first.advice)}`);
}
