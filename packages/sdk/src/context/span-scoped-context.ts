import { type Context, createContextKey, type Span } from "@opentelemetry/api";

/** The key of `trace.setSpan`; the API makes keys of equal names equal. */
const SPAN_KEY: symbol = createContextKey("OpenTelemetry Context Key SPAN");

/** What `trace.setSpan` gives, without the copy of all other values that it makes. */
export function contextWithSpan(parent: Context, span: Span): Context {
  return new SpanScopedContext(parent instanceof SpanScopedContext ? parent.rest : parent, span);
}

class SpanScopedContext implements Context {
  /** All values but the span. */
  readonly rest: Context;
  readonly #span: Span;

  constructor(rest: Context, span: Span) {
    this.rest = rest;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === SPAN_KEY ? this.#span : this.rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === SPAN_KEY
      ? new SpanScopedContext(this.rest, value as Span)
      : new SpanScopedContext(this.rest.setValue(key, value), this.#span);
  }

  deleteValue(key: symbol): Context {
    return key === SPAN_KEY
      ? this.rest.deleteValue(key)
      : new SpanScopedContext(this.rest.deleteValue(key), this.#span);
  }
}
