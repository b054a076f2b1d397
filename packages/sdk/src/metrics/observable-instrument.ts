import type { Attributes, Observable, ObservableCallback } from "@opentelemetry/api";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import { acceptedValue } from "./instruments.ts";
import type { ObservableStorage } from "./metric-storage.ts";

/** An instrument whose callbacks are asked at each collection. */
export class ObservableInstrument implements Observable {
  readonly descriptor: InstrumentDescriptor;
  readonly callbacks: Set<ObservableCallback> = new Set();
  readonly #storages: readonly ObservableStorage[];

  constructor(descriptor: InstrumentDescriptor, storages: readonly ObservableStorage[]) {
    this.descriptor = descriptor;
    this.#storages = storages;
  }

  addCallback(callback: ObservableCallback): void {
    this.callbacks.add(callback);
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback);
  }

  /** Keeps an observation for the reader that is collecting. */
  observe(readerIndex: number, value: number, attributes: Attributes | undefined): void {
    const accepted = acceptedValue(this.descriptor, value);
    if (accepted !== undefined) this.#storages[readerIndex]?.observe(accepted, attributes ?? {});
  }
}
