/** The instruments that a program calls at each measurement. Those that it answers are in `observable-instrument.ts`. */
import {
  type Attributes,
  type Context,
  type Counter as ApiCounter,
  diag,
  type Gauge as ApiGauge,
  type Histogram as ApiHistogram,
  ROOT_CONTEXT,
  type UpDownCounter as ApiUpDownCounter,
  ValueType,
} from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { activeContext } from "../context/active-context.ts";
import { acceptedValue } from "./accepted-value.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import { InstrumentType } from "./instrument-type.ts";
import type { Series } from "./series.ts";
import type { SynchronousStorage } from "./synchronous-storage.ts";

const NO_ATTRIBUTES: Attributes = {};
const NO_STORAGES: readonly SynchronousStorage[] = [];

/** What all of them have in common. */
export abstract class SynchronousInstrument {
  readonly descriptor: InstrumentDescriptor;
  readonly #all: readonly SynchronousStorage[];
  readonly #usesContext: boolean;
  readonly #takesNegative: boolean;
  readonly #isInteger: boolean;
  /** None while the meter is disabled. */
  #storages: readonly SynchronousStorage[];

  constructor(descriptor: InstrumentDescriptor, storages: readonly SynchronousStorage[], isMeterEnabled: boolean) {
    this.descriptor = descriptor;
    this.#all = storages;
    this.#storages = isMeterEnabled ? storages : NO_STORAGES;
    this.#usesContext = storages.some(({ usesContext }) => usesContext);
    this.#takesNegative =
      descriptor.type === InstrumentType.UP_DOWN_COUNTER || descriptor.type === InstrumentType.GAUGE;
    this.#isInteger = descriptor.valueType === ValueType.INT;
  }

  /** Whether measurements lead to anything: false when the meter is disabled or views drop all of them. */
  enabled(): boolean {
    return this.#storages.length > 0;
  }

  /** Follows the configuration of the meter. */
  setMeterEnabled(isEnabled: boolean): void {
    this.#storages = isEnabled ? this.#all : NO_STORAGES;
  }

  protected measure(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const storages = this.#storages;
    if (storages.length === 0) return;
    const accepted = this.#accepted(value);
    if (accepted === undefined) return;
    try {
      const measuredIn = context ?? (this.#usesContext ? activeContext() : ROOT_CONTEXT);
      for (const storage of storages) storage.record(accepted, attributes ?? NO_ATTRIBUTES, measuredIn);
    } catch (thrown) {
      this.#reportLoss(thrown);
    }
  }

  /** The series of each storage for `attributes`. */
  protected seriesOf(attributes: Attributes | undefined): BoundSeries[] {
    try {
      const context = activeContext();
      return this.#all.map((storage) => ({ storage, series: storage.bind(attributes ?? NO_ATTRIBUTES, context) }));
    } catch (thrown) {
      diag.error(`${this.descriptor.name}: bind failed, nothing will be measured: ${messageOf(thrown)}`);
      return [];
    }
  }

  protected measureBound(
    bound: readonly BoundSeries[],
    value: number,
    attributes: Attributes,
    context: Context | undefined,
  ): void {
    if (this.#storages.length === 0) return;
    const accepted = this.#accepted(value);
    if (accepted === undefined) return;
    try {
      const measuredIn = context ?? (this.#usesContext ? activeContext() : ROOT_CONTEXT);
      for (const { storage, series } of bound) storage.recordIn(series, accepted, attributes, measuredIn);
    } catch (thrown) {
      this.#reportLoss(thrown);
    }
  }

  #accepted(value: number): number | undefined {
    // The usual case without a call: a number that is finite, whole where it must be, and not negative.
    if (typeof value === "number" && value >= 0 && value < Infinity && !this.#isInteger) return value;
    return acceptedValue(this.descriptor, value, this.#takesNegative);
  }

  #reportLoss(thrown: unknown): void {
    diag.error(`${this.descriptor.name}: a measurement was lost: ${messageOf(thrown)}`);
  }
}

interface BoundSeries {
  readonly storage: SynchronousStorage;
  readonly series: Series;
}

/** An instrument with attributes that were looked up once. What is measured with it does not look up anything. */
export interface BoundCounter {
  add(value: number, context?: Context): void;
  enabled(): boolean;
}

/** As `BoundCounter`, of a histogram or a gauge. */
export interface BoundHistogram {
  record(value: number, context?: Context): void;
  enabled(): boolean;
}

abstract class AddingInstrument extends SynchronousInstrument {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** For attributes that are measured often: the series is found once, here. Both are decided now: which it is, and whether it is the overflow series. */
  bind(attributes?: Attributes): BoundCounter {
    const bound = this.seriesOf(attributes);
    const copy = { ...attributes };
    return {
      add: (value, context) => this.measureBound(bound, value, copy, context),
      enabled: () => this.enabled(),
    };
  }
}

abstract class RecordingInstrument extends SynchronousInstrument {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** As for counters. */
  bind(attributes?: Attributes): BoundHistogram {
    const bound = this.seriesOf(attributes);
    const copy = { ...attributes };
    return {
      record: (value, context) => this.measureBound(bound, value, copy, context),
      enabled: () => this.enabled(),
    };
  }
}

export class Counter extends AddingInstrument implements ApiCounter {}
export class UpDownCounter extends AddingInstrument implements ApiUpDownCounter {}
export class HistogramInstrument extends RecordingInstrument implements ApiHistogram {}
export class Gauge extends RecordingInstrument implements ApiGauge {}
