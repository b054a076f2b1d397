import { type Context, diag, type TextMapGetter, type TextMapPropagator, type TextMapSetter } from "@opentelemetry/api";

/** Runs several propagators in order. One that throws is reported and does not stop the others. */
export class CompositePropagator implements TextMapPropagator {
  readonly #propagators: readonly TextMapPropagator[];

  constructor(config: { readonly propagators?: readonly TextMapPropagator[] } = {}) {
    this.#propagators = config.propagators ?? [];
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    for (const propagator of this.#propagators) {
      try {
        propagator.inject(context, carrier, setter);
      } catch (thrown) {
        tell("inject", thrown);
      }
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = context;
    for (const propagator of this.#propagators) {
      try {
        extracted = propagator.extract(extracted, carrier, getter) ?? extracted;
      } catch (thrown) {
        tell("extract", thrown);
      }
    }
    return extracted;
  }

  fields(): string[] {
    const fields = new Set<string>();
    for (const propagator of this.#propagators) {
      try {
        for (const field of propagator.fields()) fields.add(field);
      } catch (thrown) {
        tell("name its fields", thrown);
      }
    }
    return [...fields];
  }
}

function tell(what: string, thrown: unknown): void {
  diag.warn(`a propagator failed to ${what}: ${String(thrown)}`);
}
