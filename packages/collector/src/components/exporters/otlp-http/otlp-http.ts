import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { messageOf } from "@clew/base";
import { decodeStatus, payloadBytes, PROTOCOLS, toJson, type Payload, type Signal } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError } from "../../../consumer.ts";
import { compress } from "../../../compression/compress.ts";
import { compressing, requestHeaders, tlsOptions } from "../../../export/client-config.ts";
import type { Destination } from "../../../export/delivery.ts";
import { warnOfPartialSuccess } from "../../../export/partial-success.ts";
import { pieces } from "../../../net/pieces.ts";
import { post, type Answer } from "../../../net/post.ts";
import type { OtlpHttpConfig } from "./config.ts";

const CONTENT_TYPES = { proto: "application/x-protobuf", json: "application/json" };
/** OTLP specification, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends over OTLP/HTTP. */
export class OtlpHttpDestination implements Destination {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  #httpAgent: HttpAgent | undefined;
  #httpsAgent: HttpsAgent | undefined;
  #headers: () => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({});

  constructor(settings: Settings, config: OtlpHttpConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async open(): Promise<void> {
    const config = this.#config;
    const connections = {
      keepAlive: !config.disable_keep_alives,
      maxSockets: config.max_conns_per_host === 0 ? Infinity : config.max_conns_per_host,
      maxFreeSockets: config.max_idle_conns === 0 ? Infinity : config.max_idle_conns,
      ...(config.idle_conn_timeout === 0 ? {} : { timeout: config.idle_conn_timeout }),
    };
    this.#httpAgent = new HttpAgent(connections);
    this.#httpsAgent = new HttpsAgent({ ...connections, ...(await tlsOptions(config.tls, this.#settings.path)) });
    this.#headers = requestHeaders(this.#settings, config.headers, config.auth);
  }

  close(): Promise<void> {
    this.#httpAgent?.destroy();
    this.#httpsAgent?.destroy();
    return Promise.resolve();
  }

  async send(payload: Payload, signal: AbortSignal): Promise<void> {
    const { compression, compression_params: params, encoding } = this.#config;
    const url = this.#urlOf(payload.signal);
    const how = compressing(compression, params.level);
    const chunks = this.#encoded(payload);
    const body = how === undefined ? pieces(chunks) : [await compress(joined(chunks), how.as, how.level)];
    const headers = {
      ...(await this.#headers()),
      "content-type": CONTENT_TYPES[encoding],
      ...(how === undefined ? {} : { "content-encoding": how.as }),
    };
    const agent = url.startsWith("https:") ? this.#httpsAgent : this.#httpAgent;
    const answer = await post({ url, headers, body, agent, signal }).catch((error: unknown) => {
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
