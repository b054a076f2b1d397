/** Reads Zipkin's JSON of version 2 (https://zipkin.io/zipkin-api/zipkin2-api.yaml). */
import { messageOf } from "@clew/base";
import { endpointOf, ipv6Text, malformed, type ZipkinEndpoint, type ZipkinSpan } from "./zipkin-span.ts";

/** Throws `ZIPKIN_MALFORMED`. */
export function spansOfJson(body: Buffer): ZipkinSpan[] {
  return listOf(parse(body), "a list of spans").map(spanOf);
}

/** Throws `ZIPKIN_MALFORMED` for what is no JSON. */
export function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

type Json = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed(`expected ${what}, got ${JSON.stringify(value)?.slice(0, 50)}`);
}

export function listOf(value: unknown, what: string): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(`expected ${what}`);
  return value.filter((one) => one !== null).map((one) => objectOf(one, "an object"));
}

export function textOf(object: Json, key: string): string {
  const value = object[key] ?? "";
  if (typeof value === "string") return value;
  throw malformed(`expected ${key} to be a text`);
}

/** Microseconds, or another whole number. */
export function wholeOf(object: Json, key: string): bigint {
  const value = object[key] ?? 0;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw malformed(`expected ${key} to be a whole number`);
}

/** An id of up to `length` bytes; shorter ones are filled up in front. */
export function idOf(text: string, length: number, what: string): Buffer {
  if (text.length > length * 2 || !/^[\da-f]+$/i.test(text)) throw malformed(`valid ${what} required`);
  const id = Buffer.from(text.padStart(length * 2, "0"), "hex");
  if (id.every((byte) => byte === 0)) throw malformed(`valid ${what} required`);
  return id;
}

function spanOf(span: Json): ZipkinSpan {
  const parentId = textOf(span, "parentId");
  return {
    traceId: idOf(textOf(span, "traceId"), 16, "traceId"),
    id: idOf(textOf(span, "id"), 8, "span id"),
    parentId: parentId === "" ? undefined : idOf(parentId, 8, "parentId"),
    name: textOf(span, "name"),
    kind: textOf(span, "kind"),
    timestampMicros: wholeOf(span, "timestamp"),
    durationMicros: wholeOf(span, "duration"),
    localEndpoint: endpointIn(span["localEndpoint"]),
    remoteEndpoint: endpointIn(span["remoteEndpoint"]),
    annotations: listOf(span["annotations"], "a list of annotations").map((one) => ({
      timestampMicros: wholeOf(one, "timestamp"),
      value: textOf(one, "value"),
    })),
    tags: tagsOf(span["tags"]),
  };
}

export function endpointIn(value: unknown): ZipkinEndpoint | undefined {
  if (value === undefined || value === null) return undefined;
  const endpoint = objectOf(value, "an endpoint");
  return endpointOf({
    serviceName: textOf(endpoint, "serviceName"),
    ipv4: textOf(endpoint, "ipv4"),
    ipv6: ipv6Text(textOf(endpoint, "ipv6")),
    port: Number(wholeOf(endpoint, "port")),
  });
}

function tagsOf(value: unknown): Map<string, string> {
  if (value === undefined || value === null) return new Map();
  const tags = objectOf(value, "a map of tags");
  return new Map(Object.keys(tags).map((key) => [key, textOf(tags, key)]));
}
