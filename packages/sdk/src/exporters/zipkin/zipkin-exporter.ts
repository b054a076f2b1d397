import type { Clock } from "@clew/base";
import { type ExportResult, failure, SUCCESS, toError } from "../../common/export-result.ts";
import { WallClock } from "../../common/wall-clock.ts";
import { type Environment, readText, readTimeout, warn } from "../../config/environment.ts";
import type { BodyEncoding } from "../../otlp/body-encoding.ts";
import { HeaderAskingTransport } from "../../otlp/header-asking-transport.ts";
import { HttpTransport } from "../../otlp/http-transport.ts";
import type { OtlpTransport } from "../../otlp/otlp-transport.ts";
import { AskedHeaders, type Headers, normalizedHeaders } from "../../otlp/request-headers.ts";
import { sendWithRetry } from "../../otlp/send-with-retry.ts";
import { defaultResource } from "../../resource/resource.ts";
import type { ReadableSpan } from "../../trace/readable-span.ts";
import type { SpanExporter } from "../../trace/span-exporter.ts";
import { toZipkinSpan, type ZipkinTagNames } from "./zipkin-span.ts";

const ENDPOINT = "OTEL_EXPORTER_ZIPKIN_ENDPOINT";
const DEFAULT_URL = "http://localhost:9411/api/v2/spans";
const DEFAULT_TIMEOUT_MS = 10_000;
const JSON_BODY: BodyEncoding = {
  contentType: "application/json",
  encode: (body) => body,
  decode: (body) => body,
};

/** What is not given comes from `OTEL_EXPORTER_ZIPKIN_*`, else from the specification. */
export interface ZipkinExporterConfig {
  /** http://localhost:9411/api/v2/spans */
  readonly url?: string;
  readonly headers?: Headers;
  /** Gives more headers for each request. */
  readonly getExportRequestHeaders?: () => Headers | undefined;
  /** How long an export may take. 10000 */
  readonly timeoutMillis?: number;
  /** The resource's `service.name`, unless given. */
  readonly serviceName?: string;
  /** `otel.status_code` */
  readonly statusCodeTagName?: string;
  /** `error` */
  readonly statusDescriptionTagName?: string;
  readonly clock?: Clock;
  readonly env?: Environment;
}

/** Sends spans to Zipkin, or to what takes its JSON of version 2. */
export class ZipkinExporter implements SpanExporter {
  readonly #transport: OtlpTransport;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #serviceName: string | undefined;
  readonly #names: ZipkinTagNames;
  readonly #abort = new AbortController();
  readonly #sending = new Set<Promise<ExportResult>>();

  constructor(config: ZipkinExporterConfig = {}) {
    const env = config.env ?? process.env;
    this.#timeoutMs = config.timeoutMillis ?? readTimeout(env, "OTEL_EXPORTER_ZIPKIN_TIMEOUT") ?? DEFAULT_TIMEOUT_MS;
    this.#clock = config.clock ?? new WallClock();
    this.#serviceName = config.serviceName;
    this.#names = {
      statusCode: config.statusCodeTagName ?? "otel.status_code",
      statusDescription: config.statusDescriptionTagName ?? "error",
    };
    const settings = {
      url: address("url", config.url) ?? address(ENDPOINT, readText(env, ENDPOINT)) ?? new URL(DEFAULT_URL),
      headers: normalizedHeaders(config.headers ?? {}),
      compression: "none" as const,
      tls: {},
      clock: this.#clock,
    };
    const transport = new HttpTransport(settings, JSON_BODY);
    const { getExportRequestHeaders: ask } = config;
    this.#transport =
      ask === undefined
        ? transport
        : new HeaderAskingTransport(transport, new AskedHeaders(() => ask() ?? {}), this.#clock);
  }

  /** Calls back once; never throws. */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const sending = this.#send(spans).catch((thrown: unknown) => failure(toError(thrown)));
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending)).then(resultCallback);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async shutdown(): Promise<void> {
    this.#abort.abort();
    await this.forceFlush();
    this.#transport.close();
  }

  async #send(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    if (this.#abort.signal.aborted) return failure(new Error("the exporter is shut down"));
    const body = JSON.stringify(spans.map((span) => toZipkinSpan(span, this.#serviceNameOf(span), this.#names)));
    const response = await sendWithRetry(
      (content, leftMs) => this.#transport.send(content, leftMs),
      Buffer.from(body),
      {
        timeoutMs: this.#timeoutMs,
        clock: this.#clock,
        random: Math.random,
        signal: this.#abort.signal,
      },
    );
    return response.outcome === "accepted" ? SUCCESS : failure(new Error(`Zipkin: ${response.reason}`));
  }

  #serviceNameOf({ resource }: ReadableSpan): string {
    if (this.#serviceName !== undefined) return this.#serviceName;
    const name = resource.attributes["service.name"] ?? defaultResource().attributes["service.name"];
    return typeof name === "string" ? name : JSON.stringify(name);
  }
}

function address(name: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  warn(name, text, `an address such as ${DEFAULT_URL}`);
  return undefined;
}
