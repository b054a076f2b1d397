import { GrpcClient, GrpcError, type Request, CODE_NAMES } from "@clew/otlp/grpc";
import { isIP } from "node:net";
import { payloadBytes, PROTOCOLS, RPC_CODE, type Payload, type Status } from "@clew/otlp";
import type { Settings } from "../component.ts";
import { ConsumeError } from "../consumer.ts";
import { compress } from "../compression/compress.ts";
import { compressing, requestHeaders, tlsOptions } from "./client-config.ts";
import type { Destination } from "./delivery.ts";
import { warnOfPartialSuccess } from "./partial-success.ts";
import type { OtlpGrpcConfig } from "./otlp-grpc-config.ts";

/** gRPC's servers count on a name. */
const USER_AGENT = "clew-collector";

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
  #headers: () => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({});

  constructor(settings: Settings, config: OtlpGrpcConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async open(): Promise<void> {
    const { tls: tlsConfig, keepalive, user_agent: userAgent } = this.#config;
    const url = new URL(urlOf(this.#config));
    const isTls = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port === "" ? (isTls ? 443 : 80) : url.port);
    const named = isIP(host) === 0 ? { servername: host } : {};
    const headers = { "user-agent": userAgent === "" ? USER_AGENT : userAgent, ...this.#config.headers };
    this.#headers = requestHeaders(this.#settings, headers, this.#config.auth);
    this.#client = new GrpcClient({
      target: {
        address: { host, port },
        tls: isTls ? { ...named, ...(await tlsOptions(tlsConfig, this.#settings.path)) } : undefined,
      },
      authority: this.#config.authority === "" ? url.host : this.#config.authority,
      waitsForReady: this.#config.wait_for_ready,
      keepalive: keepalive && {
        timeMs: keepalive.time,
        timeoutMs: keepalive.timeout,
        permitWithoutStream: keepalive.permit_without_stream,
      },
      holdsProcess: true,
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
    const headers = await this.#headers();
    const compression = compressing(this.#config.compression);
    if (compression === undefined) {
      return { path, headers, message: payload.chunks, byteLength: payload.byteLength, encoding: undefined };
    }
    const { as, level } = compression;
    const compressed = await compress(payloadBytes(payload), as, level);
    return { path, headers, message: [compressed], byteLength: compressed.length, encoding: as };
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
