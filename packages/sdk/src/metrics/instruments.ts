/** The instruments that a program calls at each measurement. Those that it answers are in `observable-instrument.ts`. */
import {
  type Attributes,
  type Context,
  context as contextApi,
  type Counter as ApiCounter,
  diag,
  type Gauge as ApiGauge,
  type Histogram as ApiHistogram,
  type UpDownCounter as ApiUpDownCounter,
  ValueType,
} from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import type { SynchronousStorage } from "./metric-storage.ts";

const NO_ATTRIBUTES: Attributes = {};

class Instrument {
  readonly #descriptor: InstrumentDescriptor;
  readonly #storages: readonly SynchronousStorage[];

  constructor(descriptor: InstrumentDescriptor, storages: readonly SynchronousStorage[]) {
    this.#descriptor = descriptor;
    this.#storages = storages;
  }

  protected measure(value: number, attributes: Attributes = NO_ATTRIBUTES, context?: Context): void {
    const accepted = acceptedValue(this.#descriptor, value);
    if (accepted === undefined || this.#storages.length === 0) return;
    try {
      const measuredIn = context ?? contextApi.active();
      for (const storage of this.#storages) storage.record(accepted, attributes ?? NO_ATTRIBUTES, measuredIn);
    } catch (thrown) {
      diag.error(`${this.#descriptor.name}: a measurement was lost: ${messageOf(thrown)}`);
    }
  }

  protected measureIfNotNegative(value: number, attributes?: Attributes, context?: Context): void {
    if (value < 0) diag.warn(`${this.#descriptor.name}: the negative value ${value} is ignored`);
    else this.measure(value, attributes, context);
  }
}

export class Counter extends Instrument implements ApiCounter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measureIfNotNegative(value, attributes, context);
  }
}

export class UpDownCounter extends Instrument implements ApiUpDownCounter {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }
}

export class HistogramInstrument extends Instrument implements ApiHistogram {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measureIfNotNegative(value, attributes, context);
  }
}

export class Gauge extends Instrument implements ApiGauge {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }
}

/** The value as the instrument takes it; `undefined`, with a warning, when it is no number that can be added. */
export function acceptedValue({ name, valueType }: InstrumentDescriptor, value: number): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    diag.warn(`${name}: the value ${String(value)} is ignored: it is not a finite number`);
    return undefined;
  }
  if (valueType === ValueType.DOUBLE || Number.isInteger(value)) return value;
  diag.warn(`${name}: takes whole numbers; the fraction of ${value} is ignored`);
  return Math.trunc(value);
}
