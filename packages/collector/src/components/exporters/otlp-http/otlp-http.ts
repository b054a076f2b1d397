import { pieces } from "@clew/otlp/http2";
import { messageOf } from "@clew/base";
import { decodeStatus, payloadBytes, PROTOCOLS, toJson, type Payload, type Signal } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError } from "../../../consumer.ts";
import { compress } from "../../../compression/compress.ts";
import { compressing } from "../../../export/client-config.ts";
import type { Destination } from "../../../export/delivery.ts";
import { HttpClient, retryAfterMs } from "../../../export/http-client.ts";
import { warnOfPartialSuccess } from "../../../export/partial-success.ts";

import type { Answer } from "../../../net/post.ts";
import type { OtlpHttpConfig } from "./config.ts";

const CONTENT_TYPES = { proto: "application/x-protobuf", json: "application/json" };
/** OTLP specification, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends over OTLP/HTTP. */
export class OtlpHttpDestination implements Destination {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #client: HttpClient;

  constructor(settings: Settings, config: OtlpHttpConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#client = new HttpClient(settings, config);
  }

  open(): Promise<void> {
    return this.#client.open();
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  async send(payload: Payload, signal: AbortSignal): Promise<void> {
    const { compression, compression_params: params, encoding } = this.#config;
    const url = this.#urlOf(payload.signal);
    const how = compressing(compression, params.level);
    const chunks = this.#encoded(payload);
    const body = how === undefined ? pieces(chunks) : [await compress(joined(chunks), how.as, how.level)];
    const headers = {
      "content-type": CONTENT_TYPES[encoding],
      ...(how === undefined ? {} : { "content-encoding": how.as }),
    };
    const answer = await this.#client.post({ url, headers, body, signal }).catch((error: unknown) => {
      throw this.#error(`failed to make an HTTP request: ${messageOf(error)}`, false);
    });
    if (answer.status < 200 || answer.status > 299) throw this.#refused(url, answer);
    if (isProtobuf(answer)) warnOfPartialSuccess(payload.signal, answer.body, this.#settings.logger);
  }

  #encoded(payload: Payload): readonly Uint8Array[] {
    if (this.#config.encoding === "proto") return payload.chunks;
    return [Buffer.from(JSON.stringify(toJson(PROTOCOLS[payload.signal].request, payloadBytes(payload))))];
  }

  #urlOf(signal: Signal): string {
    const own = this.#config[`${signal}_endpoint`];
    return own === undefined || own === ""
      ? this.#config.endpoint.replace(/\/$/, "") + PROTOCOLS[signal].httpPath
      : own;
  }

  #refused(url: string, answer: Answer): ConsumeError {
    const what = `error exporting items, request to ${url} responded with HTTP Status Code ${answer.status}${detailOf(answer)}`;
    const afterMs = retryAfterMs(answer, this.#settings.clock.nowMs());
    return this.#error(what, !RETRYABLE.has(answer.status), afterMs);
  }

  #error(what: string, permanent: boolean, afterMs?: number): ConsumeError {
    return new ConsumeError("EXPORT_FAILED", what, {
      permanent,
      retryAfterMs: afterMs,
      path: this.#settings.path,
      remedy: "check that the endpoint takes OTLP over HTTP",
    });
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function isProtobuf({ headers }: Answer): boolean {
  return headers["content-type"] === CONTENT_TYPES.proto;
}

function detailOf(answer: Answer): string {
  if (!isProtobuf(answer)) return "";
  try {
    return `, Message=${decodeStatus(answer.body).message}`;
  } catch {
    return ""; // What is no Status has no message.
  }
}
