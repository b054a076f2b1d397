import type { Context } from "@opentelemetry/api";

/** A context with one value more, or one less, than the one below it. */
export class ContextLayer implements Context {
  readonly #below: Context;
  readonly #key: symbol;
  readonly #value: unknown;

  constructor(below: Context, key: symbol, value: unknown) {
    this.#below = below;
    this.#key = key;
    this.#value = value;
  }

  getValue(key: symbol): unknown {
    return key === this.#key ? this.#value : this.#below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new ContextLayer(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new ContextLayer(this, key, undefined);
  }
}
