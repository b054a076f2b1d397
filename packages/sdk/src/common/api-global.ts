const KEY = Symbol.for("opentelemetry.js.api.1");

/** What was registered with any copy of `@opentelemetry/api` whose major version is 1. */
export interface ApiGlobal {
  /** Of the copy that was first. */
  readonly version?: string;
  readonly context?: unknown;
  readonly diag?: unknown;
}

const globals = globalThis as { readonly [KEY]?: ApiGlobal };

export function apiGlobal(): ApiGlobal | undefined {
  return globals[KEY];
}
