/** `POST /api/v1/write`: remote write 1.0 and 2.0, answered as Prometheus 3 answers them. */
import type { Clock } from "@clew/base";
import { decompress } from "@clew/collector";
import type { Payload } from "@clew/otlp";
import type { Context } from "hono";
import type { ApiCounts } from "../api-counts.ts";
import {
  asBadRequest,
  MAX_BODY_BYTES,
  readBody,
  refused,
  refuseOtherSites,
  Refusal,
  textResponse,
} from "../receiver/receiver-request.ts";
import type { Written } from "./otlp-request.ts";
import type { RemoteWriteVersion } from "./write-request.ts";
import { WriteConverter } from "./write-converter.ts";

const MEDIA_TYPE = "application/x-protobuf";
const VERSIONS: Readonly<Record<string, RemoteWriteVersion>> = {
  "prometheus.WriteRequest": "1.0",
  "io.prometheus.write.v2.Request": "2.0",
};

export interface RemoteWriteSettings {
  readonly clock: Clock;
  /** Resolves once the payload is durable. */
  readonly write: (payload: Payload) => Promise<void>;
  readonly counts?: ApiCounts | undefined;
}

export class WriteEndpoint {
  readonly #settings: RemoteWriteSettings;
  readonly #converter = new WriteConverter();

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
    const request = asBadRequest(() => this.#converter.asOtlp(bytes, version, this.#settings.clock.nowMs()));
    if (this.#settings.counts !== undefined) this.#settings.counts.invalidLabelSamples += request.invalidLabelSamples;
    // Of a request of 1.0, nothing is stored where a sample is wrong, and series with wrong labels are left out in silence.
    const faults = version === "1.0" ? request.badSamples : [...request.badLabels, ...request.badSamples];
    if (version === "1.0" && faults.length > 0) throw new Refusal(400, faults[0]!);
    try {
      if (request.payload !== undefined) await this.#settings.write(request.payload);
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
  refuseOtherSites(context);
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
  return decompress(await readBody(context), "snappy", MAX_BODY_BYTES);
}

function headersOf({ samples, histograms, exemplars }: Readonly<Written>): Record<string, string> {
  return {
    "x-prometheus-remote-write-samples-written": String(samples),
    "x-prometheus-remote-write-histograms-written": String(histograms),
    "x-prometheus-remote-write-exemplars-written": String(exemplars),
  };
}
