import { type Context, diag, type TextMapGetter, type TextMapPropagator, type TextMapSetter } from "@opentelemetry/api";

/** Runs several propagators in order. One that throws is reported and does not stop the others. */
export class CompositePropagator implements TextMapPropagator {
  readonly #propagators: readonly TextMapPropagator[];

  constructor(config: { readonly propagators?: readonly TextMapPropagator[] } = {}) {
    this.#propagators = config.propagators ?? [];
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    for (const propagator of this.#propagators) {
      reported("inject", () => propagator.inject(context, carrier, setter));
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    return this.#propagators.reduce(
      (extracted, propagator) => reported("extract", () => propagator.extract(extracted, carrier, getter)) ?? extracted,
      context,
    );
  }

  fields(): string[] {
    return [
      ...new Set(
        this.#propagators.flatMap((propagator) => reported("name its fields", () => propagator.fields()) ?? []),
      ),
    ];
  }
}

function reported<Result>(what: string, task: () => Result): Result | undefined {
  try {
    return task();
  } catch (thrown) {
    diag.warn(`a propagator failed to ${what}: ${String(thrown)}`);
    return undefined;
  }
}
