import { type Clock, messageOf } from "@clew/base";
import { untraced } from "../common/suppress-tracing.ts";
import { errorTypeOf, TIMEOUT } from "./error-type.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import type { AskedHeaders, Headers } from "./request-headers.ts";

/** Asks for the headers of each request before another transport sends it. Where there are none, it is not sent. */
export class HeaderAskingTransport implements OtlpTransport {
  readonly #transport: OtlpTransport;
  readonly #headers: AskedHeaders;
  readonly #clock: Clock;
  #askingCount = 0;

  constructor(transport: OtlpTransport, headers: AskedHeaders, clock: Clock) {
    this.#transport = transport;
    this.#headers = headers;
    this.#clock = clock;
  }

  async send(body: Uint8Array, timeoutMs: number): Promise<OtlpResponse> {
    const deadlineMs = this.#clock.nowMs() + timeoutMs;
    this.#askingCount++;
    try {
      const headers = await this.#headersWithin(timeoutMs);
      return await this.#transport.send(body, Math.max(deadlineMs - this.#clock.nowMs(), 1), headers);
    } catch (thrown) {
      const reason = `the headers could not be had: ${messageOf(thrown)}`;
      return { outcome: "refused", reason, errorType: errorTypeOf(thrown) };
    }
  }

  hasUnsentBytes(): boolean {
    return this.#askingCount > 0 || this.#transport.hasUnsentBytes();
  }

  close(): void {
    this.#transport.close();
  }

  #headersWithin(timeoutMs: number): Promise<Headers> {
    return new Promise<Headers>((resolve, reject) => {
      const giveUp = (): void =>
        reject(Object.assign(new Error(`the function gave none within ${timeoutMs} ms`), { code: TIMEOUT }));
      const cancelTimer = this.#clock.after(timeoutMs, giveUp);
      untraced(() => this.#headers.next())
        .then(resolve, reject)
        .finally(cancelTimer);
    }).finally(() => this.#askingCount--);
  }
}
