import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "@clew/base";
import { decodeStatus, payloadBytes, PROTOCOLS, toJson, type Payload, type Signal } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError } from "../../../consumer.ts";
import { tlsOptions } from "../../../export/client-config.ts";
import type { Destination } from "../../../export/delivery.ts";
import { warnOfPartialSuccess } from "../../../export/partial-success.ts";
import { post, type Answer } from "../../../net/post.ts";
import type { OtlpHttpConfig } from "./config.ts";

const gzipped = promisify(gzip);
const CONTENT_TYPES = { proto: "application/x-protobuf", json: "application/json" };
/** OTLP specification, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends over OTLP/HTTP. */
export class OtlpHttpDestination implements Destination {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #httpAgent = new HttpAgent({ keepAlive: true });
  #httpsAgent: HttpsAgent | undefined;

  constructor(settings: Settings, config: OtlpHttpConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async open(): Promise<void> {
    this.#httpsAgent = new HttpsAgent({
      keepAlive: true,
      ...(await tlsOptions(this.#config.tls, this.#settings.path)),
    });
  }

  close(): Promise<void> {
    this.#httpAgent.destroy();
    this.#httpsAgent?.destroy();
    return Promise.resolve();
  }

  async send(payload: Payload, signal: AbortSignal): Promise<void> {
    const url = this.#urlOf(payload.signal);
    const plain = this.#encoded(payload);
    const isGzip = this.#config.compression === "gzip";
    const body = isGzip ? await gzipped(plain) : plain;
    const headers = {
      ...this.#config.headers,
      "content-type": CONTENT_TYPES[this.#config.encoding],
      ...(isGzip ? { "content-encoding": "gzip" } : {}),
    };
    const agent = url.startsWith("https:") ? this.#httpsAgent : this.#httpAgent;
    const answer = await post({ url, headers, body, agent, signal }).catch((error: unknown) => {
      throw this.#error(`failed to make an HTTP request: ${messageOf(error)}`, false);
    });
    if (answer.status < 200 || answer.status > 299) throw this.#refused(url, answer);
    if (isProtobuf(answer)) warnOfPartialSuccess(payload.signal, answer.body, this.#settings.logger);
  }

  #encoded(payload: Payload): Uint8Array {
    const bytes = payloadBytes(payload);
    if (this.#config.encoding === "proto") return bytes;
    return Buffer.from(JSON.stringify(toJson(PROTOCOLS[payload.signal].request, bytes)));
  }

  #urlOf(signal: Signal): string {
    const own = this.#config[`${signal}_endpoint`];
    return own === undefined || own === ""
      ? this.#config.endpoint.replace(/\/$/, "") + PROTOCOLS[signal].httpPath
      : own;
  }

  #refused(url: string, answer: Answer): ConsumeError {
    const what = `error exporting items, request to ${url} responded with HTTP Status Code ${answer.status}${detailOf(answer)}`;
    const retryAfter = Number(answer.headers["retry-after"]);
    const retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined;
    return this.#error(what, !RETRYABLE.has(answer.status), retryAfterMs);
  }

  #error(what: string, permanent: boolean, retryAfterMs?: number): ConsumeError {
    return new ConsumeError("EXPORT_FAILED", what, {
      permanent,
      retryAfterMs,
      path: this.#settings.path,
      remedy: "check that the endpoint takes OTLP over HTTP",
    });
  }
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
