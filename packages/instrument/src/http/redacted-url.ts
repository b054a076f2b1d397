import type { Environment } from "../instrumentation.ts";
import { readList } from "../settings.ts";

/** Query parameters that sign a request. Source: semantic conventions, "url.full" and "url.query". */
const SENSITIVE: readonly string[] = [
  "AWSAccessKeyId",
  "Signature",
  "sig",
  "X-Goog-Signature",
  "X-Amz-Signature",
  "X-Amz-Credential",
  "X-Amz-Security-Token",
];
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i;

/** Hides what must not be told of a URL. */
export class UrlRedaction {
  readonly #sensitive: RegExp | undefined;

  /** `OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS` takes the place of the list. */
  constructor(env: Environment) {
    const names =
      readList(env, "OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS") ?? SENSITIVE;
    const pattern = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("|");
    this.#sensitive = names.length === 0 ? undefined : new RegExp(`(^|[?&])(${pattern})=[^&#]*`, "g");
  }

  query(query: string): string {
    return this.#sensitive === undefined ? query : query.replace(this.#sensitive, "$1$2=REDACTED");
  }

  /** The URL with the values of user and password, and of what signs it, replaced. */
  url(url: string): string {
    const plain = url.includes("@") ? url.replace(CREDENTIALS, "$1REDACTED:REDACTED@") : url;
    return plain.includes("?") ? this.query(plain) : plain;
  }
}
