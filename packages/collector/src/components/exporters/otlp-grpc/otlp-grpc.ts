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
    const { tls, headers } = this.#config;
    const options = await tlsOptions(tls, this.#settings.path);
    this.#client = new GrpcClient({ url: urlOf(this.#config), headers, tls: options });
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
    if (this.#config.compression === "none") {
      return { path, message: payload.chunks, byteLength: payload.byteLength, compressed: false };
    }
    const compressed = await gzipped(payloadBytes(payload));
    return { path, message: [compressed], byteLength: compressed.length, compressed: true };
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
