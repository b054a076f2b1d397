/** A call to a database: its span and its duration, named as the semantic conventions have it. */
import {
  type Attributes,
  type AttributeValue,
  type Context,
  context,
  type Histogram,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Telemetry } from "../instrumentation.ts";

/** Seconds. Source: semantic conventions, "Database metrics": advised boundaries. */
const DURATION_BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** Attributes of the span that the duration has too. */
const SERIES_KEYS = [
  "db.system.name",
  "db.namespace",
  "db.collection.name",
  "db.operation.name",
  "db.query.summary",
  "server.address",
  "server.port",
] as const;

/** Begins calls to one kind of database. */
export class DatabaseCalls {
  readonly #tracer: Tracer;
  readonly #duration: Histogram;

  constructor({ tracer, meter }: Pick<Telemetry, "tracer" | "meter">) {
    this.#tracer = tracer;
    this.#duration = meter.createHistogram("db.client.operation.duration", {
      unit: "s",
      description: "Duration of database client operations.",
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    });
  }

  /** Under the active span. `attributes` holds `db.system.name` and what else is known. */
  begin(name: string, attributes: Attributes): DatabaseCall {
    const active = context.active();
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, active);
    return new DatabaseCall(span, active, this.#duration, attributes);
  }
}

export class DatabaseCall {
  /** The caller's, which callbacks run in. */
  readonly parent: Context;
  readonly span: Span;
  readonly #duration: Histogram;
  readonly #attributes: Attributes;
  readonly #startedAtMs = performance.now();
  #isOver = false;

  constructor(span: Span, parent: Context, duration: Histogram, attributes: Attributes) {
    this.span = span;
    this.parent = parent;
    this.#duration = duration;
    this.#attributes = attributes;
  }

  /** Runs the library's own code under the call's span. */
  run<Result>(task: () => Result): Result {
    return context.with(trace.setSpan(this.parent, this.span), task);
  }

  /**
   * A promise like the one given, before which the call ends. It is for the caller in place of the
   * given one: were both about, a rejection would never count as handled, or always.
   */
  endWith<Result>(promise: PromiseLike<Result>): PromiseLike<Result> {
    return promise.then(
      (result) => {
        this.end();
        return result;
      },
      (thrown: unknown) => {
        this.fail(thrown);
        throw thrown;
      },
    );
  }

  /** A callback in Node's style that ends the call, then is called as it would have been, in its caller's context. */
  endingCallback<Callback extends (...args: never[]) => unknown>(callback: Callback): Callback {
    const finish = (thrown: unknown): void => {
      if (thrown === null || thrown === undefined) this.end();
      else this.fail(thrown);
    };
    const { parent } = this;
    const ending = function (this: unknown, ...args: never[]): unknown {
      finish(args[0]);
      return context.with(parent, () => Reflect.apply(callback, this, args) as unknown);
    };
    return ending as unknown as Callback;
  }

  end(): void {
    this.#finish(undefined);
  }

  /** `code` is the database's own code of the error, where it has one. */
  fail(thrown: unknown, code: string | undefined = codeOf(thrown)): void {
    if (this.#isOver) return;
    const error = thrown as { readonly name?: string; readonly message?: string } | undefined;
    const errorType = code ?? error?.name ?? "_OTHER";
    this.span.recordException(thrown as Error);
    this.span.setAttribute("error.type", errorType);
    if (code !== undefined) this.span.setAttribute("db.response.status_code", code);
    this.span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(error?.message !== undefined && { message: error.message }),
    });
    this.#finish(errorType, code);
  }

  #finish(errorType: string | undefined, code?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const series: Record<string, AttributeValue> = {};
    for (const key of SERIES_KEYS) {
      const value = this.#attributes[key];
      if (value !== undefined) series[key] = value;
    }
    if (errorType !== undefined) series["error.type"] = errorType;
    if (code !== undefined) series["db.response.status_code"] = code;
    const seconds = (performance.now() - this.#startedAtMs) / 1_000;
    this.#duration.record(seconds, series, trace.setSpan(this.parent, this.span));
    this.span.end();
  }
}

function codeOf(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return typeof code === "string" || typeof code === "number" ? String(code) : undefined;
}
