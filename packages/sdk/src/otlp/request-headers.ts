/** The headers that an exporter's requests have beside those of OTLP. */
import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";

export type Headers = Readonly<Record<string, string>>;

/** Asked again for every request, as for a token that is renewed. */
export type HeadersFactory = () => Headers | Promise<Headers>;

/** Names in lower case; what has no value is left out, with a warning. */
export function normalizedHeaders(
  headers: Readonly<Record<string, string | number | undefined>>,
): Record<string, string> {
  const normalized: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    // From JavaScript numbers may come.
    if (value !== undefined && value !== null) normalized[name.toLowerCase()] = String(value);
    else diag.warn(`the header ${JSON.stringify(name)} is left out: it has no value`);
  }
  return normalized;
}

/** Headers that a function gives for each request. */
export class AskedHeaders {
  readonly #ask: HeadersFactory;
  #latest: Headers = {};

  constructor(ask: HeadersFactory) {
    this.#ask = ask;
  }

  /** Rejects as the function does. */
  async next(): Promise<Headers> {
    this.#latest = normalizedHeaders(await this.#ask());
    return this.#latest;
  }

  /** Where nothing can be awaited any more: those of now, else the last that there were. Never throws. */
  atOnce(): Headers {
    try {
      const asked = this.#ask();
      if (!(asked instanceof Promise)) return normalizedHeaders(asked);
      asked.catch(() => {});
    } catch (thrown) {
      diag.warn(`the headers for the last requests could not be had: ${messageOf(thrown)}`);
    }
    return this.#latest;
  }
}
