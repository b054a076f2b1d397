import { isIP } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { payloadBytes, PROTOCOLS, RPC_CODE, type Payload, type Status } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { ConsumeError } from "../../../consumer.ts";
import { tlsOptions } from "../../../export/client-config.ts";
import type { Destination } from "../../../export/delivery.ts";
import { warnOfPartialSuccess } from "../../../export/partial-success.ts";
import { GrpcClient, GrpcError, type Request } from "../../../grpc/client.ts";
import { CODE_NAMES } from "../../../grpc/message.ts";
import type { OtlpGrpcConfig } from "./config.ts";

const gzipped = promisify(gzip);

/** OTLP specification, "Failures"; RESOURCE_EXHAUSTED only where the receiver says when to come back. */
const RETRYABLE: ReadonlySet<number> = new Set([
  RPC_CODE.CANCELLED,
  RPC_CODE.DEADLINE_EXCEEDED,
  RPC_CODE.ABORTED,
  RPC_CODE.OUT_OF_RANGE,
  RPC_CODE.UNAVAILABLE,
  RPC_CODE.DATA_LOSS,
]);

/** Sends over OTLP/gRPC. */
export class OtlpGrpcDestination implements Destination {
  readonly #settings: Settings;
  readonly #config: OtlpGrpcConfig;
  #client: GrpcClient | undefined;

  constructor(settings: Settings, config: OtlpGrpcConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async open(): Promise<void> {
    const url = new URL(urlOf(this.#config));
    const isTls = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port === "" ? (isTls ? 443 : 80) : url.port);
    const tls = isTls ? await tlsOptions(this.#config.tls, this.#settings.path) : undefined;
    this.#client = new GrpcClient({
      target: { address: { host, port }, tls: tls === undefined ? undefined : { ...(isIP(host) === 0 ? { servername: host } : {}), ...tls } },
      authority: url.host,
      waitsForReady: false,
      keepalive: undefined,
      clock: this.#settings.clock,
    });
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async send(payload: Payload, signal: AbortSignal): Promise<void> {
    try {
      const response = await this.#client!.call(await this.#requestOf(payload), signal);
      warnOfPartialSuccess(payload.signal, response, this.#settings.logger);
    } catch (error) {
      throw error instanceof GrpcError ? this.#consumeError(error.status) : error;
    }
  }

  async #requestOf(payload: Payload): Promise<Request> {
    const path = PROTOCOLS[payload.signal].grpcPath;
    const { headers } = this.#config;
    if (this.#config.compression === "none") {
      return { path, headers, message: payload.chunks, byteLength: payload.byteLength, encoding: undefined };
    }
    const compressed = await gzipped(payloadBytes(payload));
    return { path, headers, message: [compressed], byteLength: compressed.length, encoding: "gzip" };
  }

  #consumeError({ code, message, retryDelayMs }: Status): ConsumeError {
    const canRetry = RETRYABLE.has(code) || (code === RPC_CODE.RESOURCE_EXHAUSTED && retryDelayMs !== undefined);
    return new ConsumeError(
      "EXPORT_FAILED",
      `rpc error: code = ${CODE_NAMES[code] ?? `Code(${code})`} desc = ${message}`,
      {
        permanent: !canRetry,
        retryAfterMs: retryDelayMs,
        path: this.#settings.path,
        remedy: `check that ${this.#config.endpoint} takes OTLP over gRPC`,
      },
    );
  }
}

/** `http://…` or `https://…`, as the endpoint's scheme says, else as `tls::insecure` does. */
function urlOf({ endpoint, tls }: OtlpGrpcConfig): string {
  if (/^https?:/.test(endpoint)) return endpoint;
  return `${tls.insecure ? "http" : "https"}://${endpoint.replace(/^dns:\/\/\//, "")}`;
}
