/** `POST /api/v1/write`: remote write 1.0 and 2.0, answered as Prometheus 3 answers them. */
import { ClewError, messageOf, type Clock } from "@clew/base";
import { decompress } from "@clew/collector";
import { payloadOf, type Payload } from "@clew/otlp";
import type { Context } from "hono";
import { FamilyMetadata } from "./family-metadata.ts";
import { otlpRequest, type Written } from "./otlp-request.ts";
import { readWriteRequest, type RemoteWriteVersion } from "./write-request.ts";

/** A body may be this long, as it comes and decompressed. */
const MAX_BODY_BYTES = 32 * 1_048_576;

const MEDIA_TYPE = "application/x-protobuf";
const VERSIONS: Readonly<Record<string, RemoteWriteVersion>> = {
  "prometheus.WriteRequest": "1.0",
  "io.prometheus.write.v2.Request": "2.0",
};

export interface RemoteWriteSettings {
  readonly clock: Clock;
  /** Resolves once the payload is durable. */
  readonly write: (payload: Payload) => Promise<void>;
}

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export class WriteEndpoint {
  readonly #settings: RemoteWriteSettings;
  readonly #families = new FamilyMetadata();

  constructor(settings: RemoteWriteSettings) {
    this.#settings = settings;
  }

  /** Never rejects. */
  async answer(context: Context): Promise<Response> {
    try {
      const version = versionOf(context);
      return await this.#take(version, await bodyOf(context));
    } catch (error) {
      return refused(error);
    }
  }

  async #take(version: RemoteWriteVersion, bytes: Buffer): Promise<Response> {
    const { series, families } = asBadRequest(() => readWriteRequest(bytes, version));
    this.#families.learn(families);
    const nowMs = this.#settings.clock.nowMs();
    const request = asBadRequest(() => otlpRequest(bytes, series, (name) => this.#families.of(name), nowMs));
    // Of a request of 1.0, nothing is stored where a sample is wrong, and series with wrong labels are left out in silence.
    const faults = version === "1.0" ? request.badSamples : [...request.badLabels, ...request.badSamples];
    if (version === "1.0" && faults.length > 0) throw new Refusal(400, faults[0]!);
    try {
      if (request.bytes.length > 0) await this.#settings.write(payloadOf("metrics", request.bytes));
    } catch (error) {
      const none = { samples: 0, histograms: 0, exemplars: 0 };
      return refused(error, version === "2.0" ? headersOf(none) : {});
    }
    const headers = version === "2.0" ? headersOf(request.written) : {};
    if (faults.length > 0) return textResponse(400, faults.join("\n"), headers);
    return new Response(null, { status: 204, headers });
  }
}

/** Without a content type it is 1.0, as the first senders had none. */
function versionOf(context: Context): RemoteWriteVersion {
  if (context.req.header("sec-fetch-site") === "cross-site")
    throw new Refusal(403, "a page of another site may not write");
  const type = (context.req.header("content-type") ?? MEDIA_TYPE).trim();
  const [media, ...parameters] = type.split(";").map((part) => part.trim());
  if (media !== MEDIA_TYPE)
    throw new Refusal(415, `expected ${MEDIA_TYPE} as the first (media) part, got ${type} content-type`);
  const encoding = context.req.header("content-encoding") ?? "snappy";
  if (encoding.toLowerCase() !== "snappy")
    throw new Refusal(
      415,
      `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`,
    );
  for (const parameter of parameters) {
    const pair = parameter.split("=");
    if (pair.length !== 2)
      throw new Refusal(
        415,
        `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${parameter} in ${type} content-type`,
      );
    const [name, message = ""] = pair;
    if (name === "proto") return versionNamed(message, type);
  }
  return "1.0";
}

function versionNamed(message: string, type: string): RemoteWriteVersion {
  if (Object.hasOwn(VERSIONS, message)) return VERSIONS[message]!;
  const known = Object.keys(VERSIONS).join(", ");
  throw new Refusal(
    415,
    `got ${type} content type; unknown type for remote write protobuf message ${message}, supported: ${known}`,
  );
}

async function bodyOf(context: Context): Promise<Buffer> {
  const length = Number(context.req.header("content-length") ?? Number.NaN);
  if (length > MAX_BODY_BYTES) throw tooLarge();
  const compressed = Number.isNaN(length) ? await chunksOf(context) : Buffer.from(await context.req.arrayBuffer());
  return decompress(compressed, "snappy", MAX_BODY_BYTES);
}

/** A body whose length was not told. */
async function chunksOf(context: Context): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of context.req.raw.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function tooLarge(): Refusal {
  return new Refusal(413, `body is larger than ${MAX_BODY_BYTES} bytes`);
}

/** What a reader throws is the sender's fault. */
function asBadRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || (error instanceof ClewError && error.code === "OTLP_MALFORMED"))
      throw new Refusal(400, error instanceof ClewError ? error.what : error.message);
    throw error;
  }
}

function refused(error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  if (error instanceof Refusal) return textResponse(error.status, error.message, headers);
  if (!(error instanceof ClewError)) return textResponse(500, messageOf(error), headers);
  if (error.code === "BODY_TOO_LARGE") return textResponse(413, error.what, headers);
  if (error.code === "BODY_CORRUPT") return textResponse(400, error.what, headers);
  if (error.code === "STORE_TRANSCODE_FAILED") return textResponse(500, error.what, headers);
  const { retryAfterMs } = error as { readonly retryAfterMs?: number };
  const retry = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) };
  return textResponse(503, error.what, { ...headers, ...retry });
}

function headersOf({ samples, histograms, exemplars }: Readonly<Written>): Record<string, string> {
  return {
    "x-prometheus-remote-write-samples-written": String(samples),
    "x-prometheus-remote-write-histograms-written": String(histograms),
    "x-prometheus-remote-write-exemplars-written": String(exemplars),
  };
}

function textResponse(status: number, text: string, headers: Readonly<Record<string, string>>): Response {
  const type = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  return new Response(`${text}\n`, { status, headers: { ...type, ...headers } });
}
