import * as http from "node:http";
import * as https from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "@clew/base";
import { VERSION } from "../version.ts";
import type { OtlpSettings } from "./otlp-config.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import { statusMessage } from "./response-messages.ts";

const gzipAsync = promisify(gzip);
/** Source: OTLP specification, "Retryable response codes". */
const RETRYABLE = new Set([429, 502, 503, 504]);
/** A response is small; what is beyond this is not kept. Source: OTLP specification, "response body limit". */
const MAX_RESPONSE_BYTES = 4 * 1_024 * 1_024;

/** OTLP over HTTP with protobuf bodies. */
export class HttpTransport implements OtlpTransport {
  readonly #settings: OtlpSettings;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(settings: OtlpSettings) {
    this.#settings = settings;
    const isSecure = settings.url.protocol === "https:";
    this.#agent = isSecure
      ? new https.Agent({ keepAlive: true, ...settings.tls })
      : new http.Agent({ keepAlive: true });
    this.#request = isSecure ? https.request : http.request;
  }

  async send(body: Uint8Array, timeoutMs: number): Promise<OtlpResponse> {
    try {
      const isGzip = this.#settings.compression === "gzip";
      return await this.#post(isGzip ? await gzipAsync(body) : body, isGzip, timeoutMs);
    } catch (thrown) {
      return { outcome: "retryable", reason: messageOf(thrown) };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: Uint8Array, isGzip: boolean, timeoutMs: number): Promise<OtlpResponse> {
    const { url, headers, clock } = this.#settings;
    return new Promise((resolve, reject) => {
      const request = this.#request(url, {
        method: "POST",
        agent: this.#agent,
        headers: {
          "user-agent": `OTel-OTLP-Exporter-Clew/${VERSION}`,
          ...headers,
          "content-type": "application/x-protobuf",
          "content-length": body.length,
          ...(isGzip && { "content-encoding": "gzip" }),
        },
      });
      const cancelTimer = clock.after(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      request.on("close", cancelTimer);
      request.on("error", reject);
      request.on("response", (response) => {
        readBody(response).then((bytes) => resolve(this.#judge(response, bytes)), reject);
      });
      request.end(body);
    });
  }

  #judge(response: http.IncomingMessage, body: Uint8Array): OtlpResponse {
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return { outcome: "accepted", body };
    const detail = statusMessage(body, response.headers["content-type"]);
    const reason = `HTTP ${status}${detail === "" ? "" : `: ${detail}`}`;
    if (!RETRYABLE.has(status)) return { outcome: "refused", reason };
    return { outcome: "retryable", reason, retryAfterMs: this.#retryAfterMs(response.headers["retry-after"]) };
  }

  /** Seconds, or a date. */
  #retryAfterMs(header: string | undefined): number | undefined {
    if (header === undefined) return undefined;
    if (/^\d+$/.test(header)) return Number(header) * 1_000;
    const waitMs = Date.parse(header) - this.#settings.clock.nowMs();
    return Number.isNaN(waitMs) ? undefined : Math.max(waitMs, 0);
  }
}

async function readBody(response: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_RESPONSE_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
