import {
  type Attributes,
  type BatchObservableCallback,
  createNoopMeter,
  diag,
  type HrTime,
  type Meter as ApiMeter,
  type MetricOptions,
  type Observable,
} from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { Counter, Gauge, HistogramInstrument, UpDownCounter } from "./instruments.ts";
import {
  describeInstrument,
  identityOf,
  type InstrumentDescriptor,
  InstrumentType,
  isValidInstrumentName,
} from "./instrument-descriptor.ts";
import type { MetricData } from "./metric-data.ts";
import { type MetricStorage, ObservableStorage, type StorageSettings, SynchronousStorage } from "./metric-storage.ts";
import { ObservableInstrument } from "./observable-instrument.ts";

interface Registered {
  readonly descriptor: InstrumentDescriptor;
  readonly instrument: unknown;
  /** One for each reader of the provider, in its order. */
  readonly storages: readonly MetricStorage[];
}

interface BatchCallback {
  readonly callback: BatchObservableCallback;
  readonly observables: ReadonlySet<Observable>;
}

/** Runs a callback; resolves to what it threw, if it did, or to an error when it takes too long. */
export type RunCallback = (callback: () => void | Promise<void>) => Promise<unknown>;

const NOOP = createNoopMeter();

export class Meter implements ApiMeter {
  readonly scope: InstrumentationScope;
  /** The storage settings of each reader for a type of instrument. */
  readonly #settingsFor: (type: InstrumentType) => readonly StorageSettings[];
  readonly #registered = new Map<string, Registered>();
  #batchCallbacks: BatchCallback[] = [];

  constructor(scope: InstrumentationScope, settingsFor: (type: InstrumentType) => readonly StorageSettings[]) {
    this.scope = scope;
    this.#settingsFor = settingsFor;
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return this.#synchronous(name, InstrumentType.COUNTER, options, Counter) ?? (NOOP.createCounter(name) as Counter);
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return (
      this.#synchronous(name, InstrumentType.UP_DOWN_COUNTER, options, UpDownCounter) ??
      (NOOP.createUpDownCounter(name) as UpDownCounter)
    );
  }

  createHistogram(name: string, options?: MetricOptions): HistogramInstrument {
    return (
      this.#synchronous(name, InstrumentType.HISTOGRAM, options, HistogramInstrument) ??
      (NOOP.createHistogram(name) as HistogramInstrument)
    );
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    return this.#synchronous(name, InstrumentType.GAUGE, options, Gauge) ?? (NOOP.createGauge(name) as Gauge);
  }

  createObservableCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_COUNTER, options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options);
  }

  createObservableGauge(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, InstrumentType.OBSERVABLE_GAUGE, options);
  }

  addBatchObservableCallback<Attr extends Attributes = Attributes>(
    callback: BatchObservableCallback<Attr>,
    observables: Observable<Attr>[],
  ): void {
    const added = { callback: callback as BatchObservableCallback, observables: new Set(observables as Observable[]) };
    if (this.#batchCallbacks.some((known) => isSame(known, added))) return;
    this.#batchCallbacks.push(added);
  }

  removeBatchObservableCallback<Attr extends Attributes = Attributes>(
    callback: BatchObservableCallback<Attr>,
    observables: Observable<Attr>[],
  ): void {
    const removed = {
      callback: callback as BatchObservableCallback,
      observables: new Set(observables as Observable[]),
    };
    this.#batchCallbacks = this.#batchCallbacks.filter((known) => !isSame(known, removed));
  }

  /** Asks the callbacks, for one reader. Resolves to what they threw. */
  async observe(readerIndex: number, run: RunCallback): Promise<unknown[]> {
    const single = [...this.#registered.values()].flatMap(({ instrument }) =>
      instrument instanceof ObservableInstrument
        ? [...instrument.callbacks].map((callback) => run(() => callback(observerOf(instrument, readerIndex))))
        : [],
    );
    const batch = this.#batchCallbacks.map(({ callback, observables }) =>
      run(() => callback(batchObserverOf(observables, readerIndex))),
    );
    const thrown = await Promise.all([...single, ...batch]);
    return thrown.filter((error) => error !== undefined);
  }

  collect(readerIndex: number, endTime: HrTime): MetricData[] {
    const collected: MetricData[] = [];
    for (const { storages } of this.#registered.values()) {
      const data = storages[readerIndex]?.collect(endTime);
      if (data !== undefined) collected.push(data);
    }
    return collected;
  }

  #synchronous<Instrument>(
    name: string,
    type: InstrumentType,
    options: MetricOptions | undefined,
    Instrument: new (descriptor: InstrumentDescriptor, storages: readonly SynchronousStorage[]) => Instrument,
  ): Instrument | undefined {
    return this.#register(describeInstrument(name, type, options), (descriptor, settings) => {
      const storages = settings.map((each) => new SynchronousStorage(descriptor, each));
      return { descriptor, storages, instrument: new Instrument(descriptor, storages) };
    }) as Instrument | undefined;
  }

  #observable(name: string, type: InstrumentType, options: MetricOptions | undefined): Observable {
    const instrument = this.#register(describeInstrument(name, type, options), (descriptor, settings) => {
      const storages = settings.map((each) => new ObservableStorage(descriptor, each));
      return { descriptor, storages, instrument: new ObservableInstrument(descriptor, storages) };
    });
    return (instrument as ObservableInstrument | undefined) ?? NOOP.createObservableGauge(name);
  }

  /** The instrument of that identity, made on first sight; none when the name is not valid. */
  #register(
    descriptor: InstrumentDescriptor,
    create: (descriptor: InstrumentDescriptor, settings: readonly StorageSettings[]) => Registered,
  ): unknown {
    if (!isValidInstrumentName(descriptor.name)) {
      diag.warn(`${JSON.stringify(descriptor.name)} is not a valid instrument name; its measurements are ignored`);
      return undefined;
    }
    const identity = identityOf(descriptor);
    const known = this.#registered.get(identity);
    if (known !== undefined) return known.instrument;
    this.#warnOfConflict(descriptor);
    const registered = create(descriptor, this.#settingsFor(descriptor.type));
    this.#registered.set(identity, registered);
    return registered.instrument;
  }

  #warnOfConflict({ name }: InstrumentDescriptor): void {
    for (const { descriptor } of this.#registered.values()) {
      if (descriptor.name.toLowerCase() !== name.toLowerCase()) continue;
      diag.warn(`${name} exists already with another type, unit, description or value type: both are exported`);
    }
  }
}

function observerOf(
  instrument: ObservableInstrument,
  readerIndex: number,
): { observe(value: number, attributes?: Attributes): void } {
  return { observe: (value, attributes) => instrument.observe(readerIndex, value, attributes) };
}

function batchObserverOf(
  observables: ReadonlySet<Observable>,
  readerIndex: number,
): { observe(metric: Observable, value: number, attributes?: Attributes): void } {
  return {
    observe(metric, value, attributes) {
      if (metric instanceof ObservableInstrument && observables.has(metric))
        metric.observe(readerIndex, value, attributes);
    },
  };
}

function isSame(left: BatchCallback, right: BatchCallback): boolean {
  if (left.callback !== right.callback || left.observables.size !== right.observables.size) return false;
  return [...left.observables].every((observable) => right.observables.has(observable));
}
