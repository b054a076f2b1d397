import type { Span } from "@opentelemetry/api";
import type { Environment } from "../instrumentation.ts";
import { readList, readPatterns } from "../settings.ts";

/** A header's name, in lower case, and the attribute that it becomes. */
interface CapturedHeader {
  readonly name: string;
  readonly attribute: string;
  readonly isSecret: boolean;
}

/** Reads a header; the name comes in lower case. */
export type HeaderOf = (name: string) => string | number | readonly string[] | undefined;

/** Headers that become attributes: only those that a variable lists. */
export class CapturedHeaders {
  readonly #headers: readonly CapturedHeader[];

  /** `variable` is a comma-separated list of names; values of those that `…_SANITIZE_FIELDS` match are hidden. */
  constructor(env: Environment, variable: string, direction: "request" | "response") {
    const secrets = readPatterns(env, "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS");
    this.#headers = (readList(env, variable) ?? []).map((listed) => {
      const name = listed.toLowerCase();
      const isSecret = secrets.some((pattern) => pattern.test(name));
      return { name, attribute: `http.${direction}.header.${name}`, isSecret };
    });
  }

  get isEmpty(): boolean {
    return this.#headers.length === 0;
  }

  capture(span: Span, headerOf: HeaderOf): void {
    for (const { name, attribute, isSecret } of this.#headers) {
      const value = headerOf(name);
      if (value === undefined) continue;
      if (isSecret) span.setAttribute(attribute, ["[REDACTED]"]);
      else span.setAttribute(attribute, Array.isArray(value) ? (value as string[]) : [String(value)]);
    }
  }
}
