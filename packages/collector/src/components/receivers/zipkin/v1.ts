/** Zipkin's spans of version 1: what happened is told by annotations, what is known by binary annotations. */
import { nanosOf } from "@clew/base";
import type { AnyValueObject } from "@clew/otlp";
import { BinaryReader } from "../../../thrift/binary.ts";
import { structsOf, type ThriftStruct } from "../../../thrift/thrift-value.ts";
import { endpointIn, idOf, listOf, parse, textOf, wholeOf } from "./json-spans.ts";
import { START_TIME_ABSENT, tagValue } from "./tag-value.ts";
import { ipv6OfBytes, type ZipkinEndpoint } from "./zipkin-span.ts";

interface V1Annotation {
  readonly timestampMicros: bigint;
  readonly value: string;
  readonly endpoint: ZipkinEndpoint | undefined;
}

interface V1BinaryAnnotation {
  readonly key: string;
  readonly value: AnyValueObject;
  readonly endpoint: ZipkinEndpoint | undefined;
}

export interface V1Span {
  readonly traceId: Buffer;
  readonly id: Buffer;
  readonly parentId: Buffer | undefined;
  readonly name: string;
  readonly timestampMicros: bigint;
  readonly durationMicros: bigint;
  readonly annotations: readonly V1Annotation[];
  readonly binaryAnnotations: readonly V1BinaryAnnotation[];
  /** Whether a span without any time gets the one of now. */
  readonly needsTime: boolean;
}

/** Throws `ZIPKIN_MALFORMED`. */
export function spansOfV1Json(body: Buffer, parsesTags: boolean): V1Span[] {
  return listOf(parse(body), "a list of spans").map((span) => {
    const parentId = textOf(span, "parentId");
    return {
      traceId: idOf(textOf(span, "traceId"), 16, "traceId"),
      id: idOf(textOf(span, "id"), 8, "span id"),
      parentId: parentId === "" ? undefined : idOf(parentId, 8, "parentId"),
      name: textOf(span, "name"),
      timestampMicros: wholeOf(span, "timestamp"),
      durationMicros: wholeOf(span, "duration"),
      annotations: listOf(span["annotations"], "a list of annotations").map((one) => ({
        timestampMicros: wholeOf(one, "timestamp"),
        value: textOf(one, "value"),
        endpoint: endpointIn(one["endpoint"]),
      })),
      binaryAnnotations: listOf(span["binaryAnnotations"], "a list of binary annotations").map((one) => ({
        key: textOf(one, "key"),
        value: tagValue(binaryText(one["value"]), parsesTags),
        endpoint: endpointIn(one["endpoint"]),
      })),
      needsTime: true,
    };
  });
}

/** Booleans and numbers were allowed beside texts. */
function binaryText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** A list of Thrift's binary protocol, without a message around it. Throws `THRIFT_MALFORMED`. */
export function spansOfV1Thrift(body: Buffer): V1Span[] {
  return structsOf(new BinaryReader(body).list()).map((span) => {
    const parentId = span.long(5);
    return {
      traceId: Buffer.concat([longId(span.long(12)), longId(span.long(1))]),
      id: longId(span.long(4)),
      parentId: parentId === undefined ? undefined : longId(parentId),
      name: span.text(3) ?? "",
      timestampMicros: span.long(10) ?? 0n,
      durationMicros: span.long(11) ?? 0n,
      annotations: span.structs(6).map((one) => ({
        timestampMicros: one.long(1) ?? 0n,
        value: one.text(2) ?? "",
        endpoint: thriftEndpoint(one.struct(3)),
      })),
      binaryAnnotations: span.structs(8).map((one) => ({
        key: one.text(1) ?? "",
        value: binaryValue(one),
        endpoint: thriftEndpoint(one.struct(4)),
      })),
      needsTime: false,
    };
  });
}

function longId(value = 0n): Buffer {
  const id = Buffer.alloc(8);
  id.writeBigInt64BE(value);
  return id;
}

function thriftEndpoint(endpoint: ThriftStruct | undefined): ZipkinEndpoint | undefined {
  if (endpoint === undefined) return undefined;
  const ipv4 = (endpoint.int(1) ?? 0) >>> 0;
  return {
    ipv4: ipv4 === 0 ? "" : [24, 16, 8, 0].map((shift) => (ipv4 >>> shift) & 255).join("."),
    port: (endpoint.int(2) ?? 0) & 0xffff,
    serviceName: endpoint.text(3) ?? "",
    ipv6: ipv6OfBytes(endpoint.bytes(4) ?? Buffer.alloc(0)),
  };
}

const TOO_SHORT: AnyValueObject = { stringValue: "<not enough bytes representing the number>" };

/** `BOOL, BYTES, I16, I32, I64, DOUBLE, STRING`; numbers are big endian. */
function binaryValue(annotation: ThriftStruct): AnyValueObject {
  const bytes = annotation.bytes(2) ?? Buffer.alloc(0);
  const type = annotation.int(3) ?? 0;
  switch (type) {
    case 0:
      return { boolValue: bytes.length === 1 && bytes[0] === 1 };
    case 1:
      return { stringValue: bytes.toString("base64") };
    case 2:
      return bytes.length < 2 ? TOO_SHORT : { intValue: BigInt(bytes.readUInt16BE()) };
    case 3:
      return bytes.length < 4 ? TOO_SHORT : { intValue: BigInt(bytes.readUInt32BE()) };
    case 4:
      return bytes.length < 8 ? TOO_SHORT : { intValue: bytes.readBigInt64BE() };
    case 5:
      return bytes.length < 8 ? TOO_SHORT : { doubleValue: bytes.readDoubleBE() };
    case 6:
      return { stringValue: bytes.toString("utf8") };
    default:
      return { stringValue: `<unknown zipkin v1 binary annotation type (${type})>` };
  }
}

const UNKNOWN_SERVICE = "unknown-service";
const KINDS: Readonly<Record<string, number>> = { cs: 3, cr: 3, ss: 2, sr: 2, ms: 4, mr: 5 };

/** One `ResourceSpans` an endpoint. */
export function resourceSpansOfV1(spans: readonly V1Span[], nowMs: number): object[] {
  const byEndpoint = new Map<string, { endpoint: ZipkinEndpoint; spans: object[] }>();
  for (const span of spans) {
    const endpoint = endpointOfSpan(span);
    const key = JSON.stringify(endpoint);
    const group = byEndpoint.get(key) ?? { endpoint, spans: [] };
    group.spans.push(spanOf(span, nowMs));
    byEndpoint.set(key, group);
  }
  return [...byEndpoint.values()].map(({ endpoint, spans: ofEndpoint }) => ({
    resource: { attributes: resourceAttributes(endpoint) },
    scopeSpans: [{ scope: {}, spans: ofEndpoint }],
  }));
}

/** That of the first annotation that tells a kind, else the service that binary annotations name. */
function endpointOfSpan({ annotations, binaryAnnotations }: V1Span): ZipkinEndpoint {
  const found = annotations.find(
    ({ value, endpoint }) => value in KINDS && endpoint !== undefined && endpoint.serviceName !== "",
  );
  if (found?.endpoint !== undefined) return found.endpoint;
  const named = binaryAnnotations.findLast(({ endpoint }) => endpoint !== undefined && endpoint.serviceName !== "");
  const component = binaryAnnotations.findLast(({ key }) => key === "lc")?.value.stringValue;
  const serviceName = named?.endpoint?.serviceName ?? (component || UNKNOWN_SERVICE);
  return { serviceName, ipv4: "", ipv6: "", port: 0 };
}

function resourceAttributes({ serviceName, ipv4, ipv6, port }: ZipkinEndpoint): object[] {
  const attributes = { "service.name": serviceName, ipv4, ipv6, port: port === 0 ? "" : String(port) };
  return Object.entries(attributes)
    .filter(([key, value]) => value !== "" || key === "service.name")
    .map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function spanOf(span: V1Span, nowMs: number): object {
  const { annotations, binaryAnnotations } = span;
  const told = annotations.filter(({ value }) => value !== "");
  const kind = KINDS[told.find(({ value }) => value in KINDS)?.value ?? ""] ?? 0;
  const { attributes, status } = attributesAndStatus(binaryAnnotations);
  const { start, end } = timesOf(span, told, nowMs);
  const isTimeless = span.needsTime && span.timestampMicros === 0n && told.length === 0;
  if (isTimeless) attributes.set(START_TIME_ABSENT, { boolValue: true });
  return {
    traceId: span.traceId,
    spanId: span.id,
    ...(span.parentId === undefined ? {} : { parentSpanId: span.parentId }),
    name: span.name,
    kind,
    startTimeUnixNano: start,
    endTimeUnixNano: end,
    attributes: [...attributes].map(([key, value]) => ({ key, value })),
    events: told
      .filter(({ value }) => !(value in KINDS))
      .map(({ timestampMicros, value }) => ({ timeUnixNano: nanosOfMicros(timestampMicros), name: value })),
    ...(status === undefined ? {} : { status }),
  };
}

function nanosOfMicros(micros: bigint): bigint {
  return micros <= 0n ? 0n : micros * 1_000n;
}

/** Its own, else those of its first and last annotation. */
function timesOf(span: V1Span, told: readonly V1Annotation[], nowMs: number): { start: bigint; end: bigint } {
  if (span.timestampMicros !== 0n) {
    return {
      start: nanosOfMicros(span.timestampMicros),
      end: nanosOfMicros(span.timestampMicros + span.durationMicros),
    };
  }
  const times = told.map(({ timestampMicros }) => nanosOfMicros(timestampMicros)).sort((a, b) => (a < b ? -1 : 1));
  const now = span.needsTime ? nanosOf(nowMs) : 0n;
  return { start: times[0] ?? now, end: times.at(-1) ?? now };
}

interface Status {
  readonly code: number;
  readonly message: string;
}

const [OK, ERROR] = [1, 2];

/** Of several that tell the status, `census.status_code` counts most, then OpenTelemetry's, `error`, and HTTP's. */
function attributesAndStatus(annotations: readonly V1BinaryAnnotation[]): {
  attributes: Map<string, AnyValueObject>;
  status: Status | undefined;
} {
  const attributes = new Map<string, AnyValueObject>();
  const told = new Map<string, AnyValueObject>();
  for (const { key, value } of annotations) {
    if (STATUS_KEYS.has(key)) told.set(key, value);
    else attributes.set(key === "lc" ? "component" : key, value);
  }
  const text = (...keys: string[]): string =>
    keys.map((key) => told.get(key)?.stringValue ?? "").find((one) => one !== "") ?? "";
  const censusMessage = text("census.status_description", "opencensus.status_description");
  const census = codeOf(told.get("census.status_code"));
  if (census !== undefined) return { attributes, status: { code: census === 0 ? OK : ERROR, message: censusMessage } };
  const otel = codeOf(told.get("otel.status_code"));
  const otelMessage = text("otel.status_description");
  if (otel !== undefined) return { attributes, status: { code: otel, message: otelMessage } };
  if (told.has("error")) return { attributes, status: { code: ERROR, message: censusMessage || otelMessage } };
  const http = codeOf(attributes.get("http.status_code") ?? attributes.get("http.response.status_code"));
  if (http === undefined) return { attributes, status: undefined };
  const message = attributes.get("http.status_message")?.stringValue ?? "";
  return { attributes, status: { code: http >= 100 && http < 400 ? 0 : ERROR, message } };
}

const STATUS_KEYS = new Set([
  "census.status_code",
  "census.status_description",
  "opencensus.status_description",
  "otel.status_code",
  "otel.status_description",
  "error",
]);

function codeOf(value: AnyValueObject | undefined): number | undefined {
  const text = value?.intValue ?? value?.stringValue;
  return text !== undefined && /^-?\d{1,10}$/.test(String(text)) ? Number(text) : undefined;
}
