import { type Attributes, diag, type Observable, type ObservableCallback } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { acceptedValue } from "./accepted-value.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import type { ObservableStorage } from "./observable-storage.ts";

/** The readers, by their place in the provider, for which a callback was called and has not come back. */
export type CallbackRuns = Set<number>;

/** An instrument whose callbacks are asked at each collection. */
export class ObservableInstrument implements Observable {
  readonly descriptor: InstrumentDescriptor;
  readonly callbacks: Map<ObservableCallback, CallbackRuns> = new Map();
  readonly #storages: readonly (readonly ObservableStorage[])[];

  /** `storages`: for each reader those of the metrics that views make of the instrument. */
  constructor(descriptor: InstrumentDescriptor, storages: readonly (readonly ObservableStorage[])[]) {
    this.descriptor = descriptor;
    this.#storages = storages;
  }

  addCallback(callback: ObservableCallback): void {
    if (!this.callbacks.has(callback)) this.callbacks.set(callback, new Set());
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback);
  }

  storagesOf(readerIndex: number): readonly ObservableStorage[] {
    return this.#storages[readerIndex] ?? [];
  }

  /** Keeps an observation for the reader that is collecting. A total may be negative: it is only passed on. */
  observe(readerIndex: number, value: number, attributes: Attributes | undefined): void {
    const accepted = acceptedValue(this.descriptor, value, true);
    if (accepted === undefined) return;
    try {
      for (const storage of this.storagesOf(readerIndex)) storage.observe(accepted, attributes ?? {});
    } catch (thrown) {
      diag.error(`${this.descriptor.name}: an observation was lost: ${messageOf(thrown)}`);
    }
  }
}
