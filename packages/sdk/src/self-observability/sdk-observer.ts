/**
 * The SDK's metrics of itself, `otel.sdk.*`. Components count as they work, in plain numbers, and are
 * asked when metrics are collected. Source: semantic conventions, "OpenTelemetry SDK metrics".
 */
import { type Attributes, diag, type Meter, type MeterProvider } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { VERSION } from "../version.ts";

/** What can tell metrics of itself. */
export interface SelfObserved {
  observeWith(observer: SdkObserver): void;
}

/** A number of now, and what belongs to it beside the component's name. */
export interface Observed {
  readonly value: number;
  readonly attributes?: Attributes;
}

type Kind = "counter" | "upDownCounter";

export class SdkObserver {
  readonly meter: Meter;
  // Component type --> how many there are
  readonly #components = new Map<string, number>();

  constructor(meterProvider: MeterProvider) {
    this.meter = meterProvider.getMeter("@clew/sdk", VERSION);
  }

  /** Names a component: `otel.component.type`, and `otel.component.name`, which ends in a number of its own. */
  component(type: string): Attributes {
    const index = this.#components.get(type) ?? 0;
    this.#components.set(type, index + 1);
    return { "otel.component.name": `${type}/${index}`, "otel.component.type": type };
  }

  counter(name: string, unit: string, description: string, read: () => readonly Observed[]): void {
    this.#observe("counter", name, unit, description, read);
  }

  upDownCounter(name: string, unit: string, description: string, read: () => readonly Observed[]): void {
    this.#observe("upDownCounter", name, unit, description, read);
  }

  #observe(kind: Kind, name: string, unit: string, description: string, read: () => readonly Observed[]): void {
    const options = { unit, description, valueType: 0 };
    const instrument =
      kind === "counter"
        ? this.meter.createObservableCounter(name, options)
        : this.meter.createObservableUpDownCounter(name, options);
    instrument.addCallback((result) => {
      for (const { value, attributes } of read()) result.observe(value, attributes);
    });
  }
}

/** Observes those of `things` that can be. Never throws. */
export function observeAll(things: readonly object[], observer: SdkObserver): void {
  for (const thing of things) {
    try {
      if (isSelfObserved(thing)) thing.observeWith(observer);
    } catch (thrown) {
      diag.error(`an SDK component has no metrics of itself: ${messageOf(thrown)}`);
    }
  }
}

function isSelfObserved(thing: object): thing is SelfObserved {
  return "observeWith" in thing && typeof thing.observeWith === "function";
}
