/** OTLP over gRPC. */
import { messageOf } from "@clew/base";
import { RPC_CODE } from "@clew/otlp";
import { GrpcClient, GrpcError } from "@clew/otlp/grpc";
import { untracedAtOnce } from "../common/suppress-tracing.ts";
import { VERSION } from "../version.ts";
import type { OtlpSettings } from "./otlp-config.ts";
import { compressorOf } from "./compression.ts";
import { errorTypeOf, TIMEOUT } from "./error-type.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import type { Headers } from "./request-headers.ts";

/** Source: OTLP specification, "OTLP/gRPC response", failures. RESOURCE_EXHAUSTED only with a time to wait. */
const RETRYABLE: ReadonlySet<number> = new Set([
  RPC_CODE.CANCELLED,
  RPC_CODE.DEADLINE_EXCEEDED,
  RPC_CODE.ABORTED,
  RPC_CODE.OUT_OF_RANGE,
  RPC_CODE.UNAVAILABLE,
  RPC_CODE.DATA_LOSS,
]);

/** What of an exporter's settings matters for gRPC. */
type GrpcSettings = Pick<OtlpSettings, "url" | "headers" | "compression" | "tls" | "clock">;

export class GrpcTransport implements OtlpTransport {
  readonly #path: string;
  readonly #settings: GrpcSettings;
  readonly #client: GrpcClient;
  readonly #compress: ReturnType<typeof compressorOf>;
  readonly #headers: Headers;

  constructor(path: string, settings: GrpcSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#compress = compressorOf(settings.compression);
    this.#client = new GrpcClient(clientSettings(settings));
    this.#headers = { "user-agent": `OTel-OTLP-Exporter-Clew/${VERSION}`, ...settings.headers };
  }

  async send(body: Uint8Array, timeoutMs: number, headers?: Headers): Promise<OtlpResponse> {
    const abort = new AbortController();
    const cancelTimer = this.#settings.clock.after(timeoutMs, () => abort.abort());
    try {
      const message = this.#compress === undefined ? body : await this.#compress(body);
      const request = {
        path: this.#path,
        headers: { ...this.#headers, ...headers, "grpc-timeout": `${Math.max(Math.ceil(timeoutMs), 1)}m` },
        message: [message],
        byteLength: message.length,
        encoding: this.#compress === undefined ? undefined : "gzip",
      };
      // Where there is no connection, it is begun before the call returns.
      const answer = untracedAtOnce(() => this.#client.call(request, abort.signal));
      return { outcome: "accepted", body: await answer };
    } catch (thrown) {
      if (abort.signal.aborted)
        return { outcome: "retryable", reason: `no answer within ${timeoutMs} ms`, errorType: TIMEOUT };
      return thrown instanceof GrpcError
        ? judge(thrown)
        : { outcome: "retryable", reason: messageOf(thrown), errorType: errorTypeOf(thrown) };
    } finally {
      cancelTimer();
    }
  }

  hasUnsentBytes(): boolean {
    return this.#client.hasUnsentBytes;
  }

  close(): void {
    void this.#client.close();
  }
}

function clientSettings({ url, tls, clock }: GrpcSettings): ConstructorParameters<typeof GrpcClient>[0] {
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  const isTls = url.protocol === "https:";
  const servername = process.getBuiltinModule("node:net").isIP(host) === 0 ? { servername: host } : {};
  return {
    target: {
      address: { host, port: Number(url.port || (isTls ? 443 : 80)) },
      tls: isTls ? { ...servername, ...tls } : undefined,
    },
    authority: url.host,
    waitsForReady: false,
    keepalive: undefined,
    holdsProcess: false,
    clock,
  };
}

function judge({ status }: GrpcError): OtlpResponse {
  const { code, message, retryDelayMs: retryAfterMs } = status;
  const reason = `gRPC status ${code}: ${message === "" ? "no message" : message}`;
  const canRetry = RETRYABLE.has(code) || (code === RPC_CODE.RESOURCE_EXHAUSTED && retryAfterMs !== undefined);
  const errorType = String(code);
  return canRetry
    ? { outcome: "retryable", reason, errorType, retryAfterMs }
    : { outcome: "refused", reason, errorType };
}
