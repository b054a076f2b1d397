import type { Environment } from "../instrumentation.ts";
import { readList } from "../settings.ts";

/** Source: semantic conventions, "HTTP spans": RFC 9110, PATCH of RFC 5789, QUERY. */
const KNOWN: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "QUERY",
]);

/** The methods that `http.request.method` may have, of which there are few: any other is `_OTHER`. */
export class KnownMethods {
  readonly #known: ReadonlySet<string>;

  /** `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` takes the place of the list, or a variable for one side of HTTP does. */
  constructor(env: Environment, side: "CLIENT" | "SERVER") {
    const listed =
      readList(env, `OTEL_INSTRUMENTATION_HTTP_${side}_KNOWN_METHODS`) ??
      readList(env, "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS");
    this.#known = listed === undefined ? KNOWN : new Set(listed);
  }

  of(method: string): string {
    if (this.#known.has(method)) return method;
    const upper = method.toUpperCase();
    return this.#known.has(upper) ? upper : "_OTHER";
  }
}

/** How a span's name begins. Source: semantic conventions, "HTTP spans, name". */
export function methodInName(known: string): string {
  return known === "_OTHER" ? "HTTP" : known;
}
