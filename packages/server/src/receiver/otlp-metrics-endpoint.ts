/** `POST /api/v1/otlp/v1/metrics`: metrics over OTLP as Prometheus takes them. What they are called is the store's matter. */
import { decompress } from "@clew/collector";
import { payloadOf, payloadOfJson, type Payload } from "@clew/otlp";
import type { Context } from "hono";
import type { RemoteWriteSettings } from "../remote-write/write-endpoint.ts";
import { asBadRequest, MAX_BODY_BYTES, readBody, refused, refuseOtherSites, Refusal } from "./receiver-request.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";

export class OtlpMetricsEndpoint {
  readonly #settings: RemoteWriteSettings;

  constructor(settings: RemoteWriteSettings) {
    this.#settings = settings;
  }

  /** Never rejects. 200 means durable. */
  async answer(context: Context): Promise<Response> {
    try {
      refuseOtherSites(context);
      const read = readerFor(context.req.header("content-type") ?? "");
      const payload = await bodyOf(context);
      await this.#settings.write(asBadRequest(() => read(payload)));
      return new Response(null, { status: 200 });
    } catch (error) {
      return refused(error);
    }
  }
}

function readerFor(contentType: string): (bytes: Buffer) => Payload {
  const [media] = contentType.split(";");
  if (media === PROTOBUF) return (bytes) => payloadOf("metrics", bytes);
  if (media === JSON_TYPE) return (bytes) => payloadOfJson("metrics", bytes.toString("utf8"));
  throw new Refusal(400, `unsupported content type: ${contentType}, supported: [${JSON_TYPE}, ${PROTOBUF}]`);
}

async function bodyOf(context: Context): Promise<Buffer> {
  const encoding = context.req.header("content-encoding") ?? "";
  if (encoding === "") return readBody(context);
  if (encoding === "gzip") return decompress(await readBody(context), "gzip", MAX_BODY_BYTES);
  throw new Refusal(400, `unsupported compression: ${encoding}. Only "gzip" or no compression supported`);
}
