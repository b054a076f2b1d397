import { diag } from "@opentelemetry/api";
import type { Signal } from "@clew/otlp";
import { type ExportResult, failure, SUCCESS } from "../common/export-result.ts";
import type { LastRequest } from "../exit/last-request.ts";
import { untracedAtOnce } from "../common/suppress-tracing.ts";
import { type OTLPExporterConfig, type OtlpProtocol, type OtlpSettings, otlpSettings } from "./otlp-config.ts";
import { ExportMetrics } from "../self-observability/export-metrics.ts";
import type { SdkObserver, SelfObserved } from "../self-observability/sdk-observer.ts";
import { createTransport, type OtlpResponse, type OtlpTransport } from "./otlp-transport.ts";
import type { RequestSink } from "./request-sink.ts";
import { partialSuccess } from "./response-messages.ts";
import { sendWithRetry } from "./send-with-retry.ts";

const NOUNS: Readonly<Record<Signal, string>> = { traces: "spans", metrics: "data points", logs: "log records" };

/** How the semantic conventions call the protocols. */
const TRANSPORTS: Readonly<Record<OtlpProtocol, string>> = {
  grpc: "grpc",
  "http/protobuf": "http",
  "http/json": "http_json",
};

/** Sends the export requests of one signal. Nothing that it does is traced. */
export class OtlpClient implements RequestSink, SelfObserved {
  readonly #signal: Signal;
  readonly #settings: OtlpSettings;
  readonly #transport: OtlpTransport;
  readonly #metrics: ExportMetrics;
  #isShutDown = false;
  // Aborts the waits for a retry.
  #retries = new AbortController();
  readonly #sending = new Set<Promise<ExportResult>>();
  // Requests without an answer, and those of them that the transport has.
  readonly #unsettled = new Set<Uint8Array>();
  readonly #inTransport = new Set<Uint8Array>();
  // Those that somebody else sends now.
  readonly #givenUp = new WeakSet<Uint8Array>();

  constructor(signal: Signal, config: OTLPExporterConfig) {
    this.#signal = signal;
    this.#settings = otlpSettings(signal, config);
    this.#transport = createTransport(signal, this.#settings);
    const { protocol, url } = this.#settings;
    this.#metrics = new ExportMetrics({ signal, transport: TRANSPORTS[protocol], url });
  }

  observeWith(observer: SdkObserver): void {
    this.#metrics.observeWith(observer);
  }

  send(body: Uint8Array, itemCount: number): Promise<ExportResult> {
    if (this.#isShutDown) return Promise.resolve(failure(new Error("the exporter is shut down")));
    if (this.#sending.size >= this.#settings.concurrencyLimit)
      return Promise.resolve(failure(new Error(`${this.#sending.size} exports are under way, which is the limit`)));
    const sending = untracedAtOnce(() => this.#send(body, itemCount));
    this.#sending.add(sending);
    return sending.finally(() => this.#sending.delete(sending));
  }

  /**
   * What waits for a retry is given up, and not sent again here. Of what the transport has, a request that was written whole is
   * delivered by the system; another is not.
   */
  drain(requests: readonly Uint8Array[], isEnd: boolean): readonly LastRequest[] {
    const keepsTransport = !isEnd || !this.#transport.hasUnsentBytes();
    const undelivered = [...this.#unsettled].filter((body) => !(keepsTransport && this.#inTransport.has(body)));
    for (const body of undelivered) this.#givenUp.add(body);
    this.#retries.abort();
    this.#retries = new AbortController();
    // Their memory is used again once their exports have failed.
    const bodies = [...undelivered.map((body) => body.slice()), ...requests];
    const config = this.#config();
    let forThread: OTLPExporterConfig | undefined;
    const configForThread = (): OTLPExporterConfig => (forThread ??= this.#configForThread());
    return bodies.map((body) => ({ signal: this.#signal, body, config, configForThread }));
  }

  /** Resolves when everything that was given to `send` before has its answer. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Lets the request that is under way finish, without waiting for a retry, and closes the connection. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    this.#retries.abort();
    await this.forceFlush();
    this.#transport.close();
  }

  async #send(body: Uint8Array, itemCount: number): Promise<ExportResult> {
    const { timeoutMs, clock, url, maxRequestSize } = this.#settings;
    if (body.length > maxRequestSize) {
      return failure(
        new Error(`${url.href}: a request of ${body.length} bytes exceeds the limit of ${maxRequestSize}`),
      );
    }
    this.#unsettled.add(body);
    const ended = this.#metrics.begin(itemCount);
    const response = await sendWithRetry((content, leftMs) => this.#sendOnce(content, leftMs), body, {
      timeoutMs,
      clock,
      random: Math.random,
      signal: this.#retries.signal,
    });
    this.#unsettled.delete(body);
    ended(response.outcome === "accepted" ? undefined : response.errorType);
    if (response.outcome !== "accepted") return failure(new Error(`${url.href}: ${response.reason}`));
    this.#reportPartialSuccess(response.body);
    return SUCCESS;
  }

  async #sendOnce(body: Uint8Array, timeoutMs: number): Promise<OtlpResponse> {
    if (this.#givenUp.has(body)) return { outcome: "refused", reason: "it is sent otherwise", errorType: "drained" };
    this.#inTransport.add(body);
    const response = await this.#transport.send(body, timeoutMs);
    this.#inTransport.delete(body);
    return response;
  }

  /** What another client needs to send to the same place. */
  #config(): OTLPExporterConfig {
    const { protocol, url, headers, askedHeaders, compression, maxRequestSize, tls } = this.#settings;
    const allHeaders =
      askedHeaders === undefined ? headers : async () => ({ ...headers, ...(await askedHeaders.next()) });
    return { protocol, url: url.href, headers: allHeaders, compression, maxRequestSize, tls };
  }

  /** Functions and contexts of TLS cannot go to another thread. */
  #configForThread(): OTLPExporterConfig {
    const { headers, askedHeaders, url } = this.#settings;
    const { secureContext, checkServerIdentity, ...tls } = this.#settings.tls;
    if (secureContext !== undefined || checkServerIdentity !== undefined) {
      diag.warn(
        `${url.href}: what is sent at the end of the process goes without the certificates of the credentials, ` +
          "which no other thread can have: give them as `tls` instead",
      );
    }
    return { ...this.#config(), headers: { ...headers, ...askedHeaders?.atOnce() }, tls };
  }

  #reportPartialSuccess(body: Uint8Array): void {
    const partial = partialSuccess(this.#signal, body);
    if (partial === undefined) return;
    const { rejected, errorMessage } = partial;
    diag.warn(`${this.#settings.url.href} rejected ${rejected} ${NOUNS[this.#signal]}: ${errorMessage}`);
  }
}
