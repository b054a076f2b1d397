import type { Payload, Signal } from "@clew/otlp";
import type { Settings } from "../component.ts";
import type { Counter } from "../telemetry/meter.ts";
import { ITEMS } from "./items.ts";

/** A counter of a component's own for each signal, `<name>_spans` and so on, made when first needed. */
export function observedItems({ meter, id }: Settings, name: string, what: string): (payload: Payload) => void {
  const counters = new Map<Signal, Counter>();
  return ({ signal, counts }) => {
    let counter = counters.get(signal);
    if (counter === undefined) {
      counter = meter.counter(`${name}_${ITEMS[signal]}`, `Number of items ${what}.`, { processor: id });
      counters.set(signal, counter);
    }
    counter.add(counts.items);
  };
}
