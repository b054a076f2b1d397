import { diag } from "@opentelemetry/api";
import type { Signal } from "@clew/otlp";
import { type ExportResult, failure, SUCCESS } from "../common/export-result.ts";
import { untraced } from "../common/suppress-tracing.ts";
import { type OTLPExporterConfig, type OtlpSettings, otlpSettings } from "./otlp-config.ts";
import { createTransport, type OtlpTransport } from "./otlp-transport.ts";
import type { RequestSink } from "./request-sink.ts";
import { partialSuccess } from "./response-messages.ts";
import { sendWithRetry } from "./send-with-retry.ts";

const NOUNS: Readonly<Record<Signal, string>> = { traces: "spans", metrics: "data points", logs: "log records" };

/** Sends the export requests of one signal. Nothing that it does is traced. */
export class OtlpClient implements RequestSink {
  readonly #signal: Signal;
  readonly #settings: OtlpSettings;
  readonly #transport: OtlpTransport;
  readonly #abort = new AbortController();
  readonly #sending = new Set<Promise<ExportResult>>();

  constructor(signal: Signal, config: OTLPExporterConfig) {
    this.#signal = signal;
    this.#settings = otlpSettings(signal, config);
    this.#transport = createTransport(signal, this.#settings);
  }

  send(body: Uint8Array): Promise<ExportResult> {
    if (this.#abort.signal.aborted) return Promise.resolve(failure(new Error("the exporter is shut down")));
    const sending = untraced(() => this.#send(body));
    this.#sending.add(sending);
    return sending.finally(() => this.#sending.delete(sending));
  }

  /** Resolves when everything that was given to `send` before has its answer. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Lets the request that is under way finish, without waiting for a retry, and closes the connection. */
  async shutdown(): Promise<void> {
    this.#abort.abort();
    await this.forceFlush();
    this.#transport.close();
  }

  async #send(body: Uint8Array): Promise<ExportResult> {
    const { timeoutMs, clock, url, maxRequestSize } = this.#settings;
    if (body.length > maxRequestSize) {
      return failure(
        new Error(`${url.href}: a request of ${body.length} bytes exceeds the limit of ${maxRequestSize}`),
      );
    }
    const response = await sendWithRetry(this.#transport, body, {
      timeoutMs,
      clock,
      random: Math.random,
      signal: this.#abort.signal,
    });
    if (response.outcome !== "accepted") return failure(new Error(`${url.href}: ${response.reason}`));
    this.#reportPartialSuccess(response.body);
    return SUCCESS;
  }

  #reportPartialSuccess(body: Uint8Array): void {
    const partial = partialSuccess(this.#signal, body);
    if (partial === undefined) return;
    const { rejected, errorMessage } = partial;
    diag.warn(`${this.#settings.url.href} rejected ${rejected} ${NOUNS[this.#signal]}: ${errorMessage}`);
  }
}
