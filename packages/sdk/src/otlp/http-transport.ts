import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { VERSION } from "../version.ts";
import { type BodyEncoding, PROTOBUF } from "./body-encoding.ts";
import { compressorOf } from "./compression.ts";
import { HttpConnection } from "./http-connection.ts";
import { type HttpResponse, ResponseTooLarge } from "./http-response-reader.ts";
import type { OtlpSettings } from "./otlp-config.ts";
import { errorTypeOf, TIMEOUT } from "./error-type.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import type { Headers } from "./request-headers.ts";
import { statusMessage } from "./response-messages.ts";

/** Source: OTLP specification, "Retryable response codes". */
const RETRYABLE = new Set([429, 502, 503, 504]);
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What of an exporter's settings matters for HTTP. */
export type HttpSettings = Pick<OtlpSettings, "url" | "headers" | "compression" | "tls" | "clock"> &
  Partial<Pick<OtlpSettings, "keepAlive">>;

/** OTLP over HTTP. */
export class HttpTransport implements OtlpTransport {
  readonly #settings: HttpSettings;
  readonly #encoding: BodyEncoding;
  readonly #compress: ReturnType<typeof compressorOf>;
  readonly #connection: HttpConnection;
  // All of a request's head but the length.
  readonly #head: string;

  constructor(settings: HttpSettings, encoding: BodyEncoding = PROTOBUF) {
    this.#settings = settings;
    this.#encoding = encoding;
    this.#compress = compressorOf(settings.compression);
    this.#connection = new HttpConnection(settings.url, settings.tls, settings.keepAlive);
    this.#head = requestHead(settings, encoding.contentType);
  }

  async send(body: Uint8Array, timeoutMs: number, headers?: Headers): Promise<OtlpResponse> {
    let cancelTimer = (): void => {};
    try {
      const encoded = this.#encoding.encode(body);
      const content = this.#compress === undefined ? encoded : await this.#compress(encoded);
      const shared = headers === undefined ? this.#head : this.#headWith(headers);
      const head = `${shared}content-length: ${content.length}\r\n\r\n`;
      const { response, giveUp } = this.#connection.request(head, content);
      cancelTimer = this.#settings.clock.after(timeoutMs, () =>
        giveUp(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: TIMEOUT })),
      );
      return this.#judge(await response);
    } catch (thrown) {
      const outcome = thrown instanceof ResponseTooLarge ? "refused" : "retryable";
      return { outcome, reason: messageOf(thrown), errorType: errorTypeOf(thrown) };
    } finally {
      cancelTimer();
    }
  }

  #headWith(headers: Headers): string {
    const settings = { ...this.#settings, headers: { ...this.#settings.headers, ...headers } };
    return requestHead(settings, this.#encoding.contentType);
  }

  hasUnsentBytes(): boolean {
    return this.#connection.hasUnsentBytes;
  }

  close(): void {
    this.#connection.close();
  }

  #judge({ status, headers, body }: HttpResponse): OtlpResponse {
    if (status >= 200 && status < 300) return { outcome: "accepted", body: this.#decoded(body) };
    const detail = statusMessage(body, headers.get("content-type"));
    const reason = `HTTP ${status}${detail === "" ? "" : `: ${detail}`}`;
    const errorType = String(status);
    if (!RETRYABLE.has(status)) return { outcome: "refused", reason, errorType };
    return { outcome: "retryable", reason, errorType, retryAfterMs: this.#retryAfterMs(headers.get("retry-after")) };
  }

  /** A body that cannot be read says nothing; that the request was accepted, the status says. */
  #decoded(body: Uint8Array): Uint8Array {
    try {
      return this.#encoding.decode(body);
    } catch {
      return new Uint8Array(0);
    }
  }

  /** Seconds, or a date. */
  #retryAfterMs(header: string | undefined): number | undefined {
    if (header === undefined) return undefined;
    if (/^\d+$/.test(header)) return Number(header) * 1_000;
    const waitMs = Date.parse(header) - this.#settings.clock.nowMs();
    return Number.isNaN(waitMs) ? undefined : Math.max(waitMs, 0);
  }
}

function requestHead({ url, headers, compression, keepAlive = true }: HttpSettings, contentType: string): string {
  const credentials = `${unescaped(url.username)}:${unescaped(url.password)}`;
  const all: Record<string, string> = {
    host: url.host,
    "user-agent": `OTel-OTLP-Exporter-Clew/${VERSION}`,
    ...(credentials !== ":" && { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    ...headers,
    "content-type": contentType,
    ...(compression !== "none" && { "content-encoding": compression }),
    ...(!keepAlive && { connection: "close" }),
  };
  const lines = Object.entries(all).filter(isHeader);
  return [`POST ${url.pathname}${url.search} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), ""].join(
    "\r\n",
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isHeader([name, value]: [string, string]): boolean {
  if (HEADER_NAME.test(name) && HEADER_VALUE.test(value)) return true;
  diag.warn(`the header ${JSON.stringify(name)} is left out: its name or value cannot stand in an HTTP request`);
  return false;
}
