/** Zipkin's spans of version 2 as OTLP has them. */
import type { AnyValueObject } from "@clew/otlp";
import { RESOURCE_TAGS } from "./resource-tags.ts";
import { START_TIME_ABSENT, tagValue } from "./tag-value.ts";
import { malformed, type ZipkinAnnotation, type ZipkinSpan } from "./zipkin-span.ts";

const NANOS_PER_MICRO = 1_000n;
/** The service of spans whose resource had none when they became Zipkin's. */
const NO_SERVICE_NAME = "OTLPResourceNoServiceName";
/** Which attribute the service's name was taken from. */
const SERVICE_NAME_SOURCE = "otlp.service.name.source";
const KINDS: Readonly<Record<string, number>> = { SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };
const INTERNAL = 1;
const ERROR = 2;
const STATUS_CODES: Readonly<Record<string, number>> = {
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: ERROR,
  Unset: 0,
  Ok: 1,
  Error: ERROR,
};
const MAX_LINKS = 128;

type Tags = Map<string, string>;
type Attributes = Map<string, AnyValueObject>;

/** One `ResourceSpans` a service, with a scope for each library. Throws `ZIPKIN_MALFORMED` for links and events that are none. */
export function resourceSpansOf(spans: readonly ZipkinSpan[], parsesTags: boolean): object[] {
  const byService = grouped(spans, (span) => serviceOf(span));
  return [...byService].map(([service, ofService]) => {
    const tags = new Map(ofService[0]!.tags);
    return {
      resource: { attributes: listOf(resourceAttributes(service, tags)) },
      scopeSpans: [...grouped(ofService, ({ tags: own }) => libraryOf(own))].map(([library, ofScope]) => ({
        scope: library === "" ? {} : { name: library, version: versionOf(ofScope[0]!.tags) },
        spans: ofScope.map((span) => spanOf(span, parsesTags)),
      })),
    };
  });
}

function grouped(spans: readonly ZipkinSpan[], keyOf: (span: ZipkinSpan) => string): Map<string, ZipkinSpan[]> {
  const groups = new Map<string, ZipkinSpan[]>();
  for (const span of spans) {
    const group = groups.get(keyOf(span));
    if (group === undefined) groups.set(keyOf(span), [span]);
    else group.push(span);
  }
  return groups;
}

function serviceOf({ localEndpoint }: ZipkinSpan): string {
  return localEndpoint?.serviceName || NO_SERVICE_NAME;
}

function libraryOf(tags: ReadonlyMap<string, string>): string {
  return tags.get("otel.scope.name") ?? tags.get("otel.library.name") ?? "";
}

function versionOf(tags: ReadonlyMap<string, string>): string {
  return tags.get("otel.scope.version") ?? tags.get("otel.library.version") ?? "";
}

function resourceAttributes(service: string, tags: ReadonlyMap<string, string>): Attributes {
  const attributes: Attributes = new Map();
  if (service === NO_SERVICE_NAME) return attributes;
  const source = tags.get(SERVICE_NAME_SOURCE) ?? "";
  attributes.set(source === "" ? "service.name" : source, { stringValue: service });
  for (const [key, value] of tags) if (RESOURCE_TAGS.has(key)) attributes.set(key, { stringValue: value });
  return attributes;
}

function spanOf(span: ZipkinSpan, parsesTags: boolean): object {
  const tags: Tags = new Map(span.tags);
  const traceState = take(tags, "w3c.tracestate") ?? "";
  const kind = KINDS[span.kind] ?? (take(tags, "span.kind") === "internal" ? INTERNAL : 0);
  const status = takeStatus(tags);
  const links = takeLinks(tags);
  const attributes = spanAttributes(span, tags, parsesTags);
  const start = span.timestampMicros * NANOS_PER_MICRO;
  if (start === 0n) attributes.set(START_TIME_ABSENT, { boolValue: true });
  return {
    traceId: span.traceId,
    spanId: span.id,
    traceState,
    ...(span.parentId === undefined || span.parentId.equals(span.id) ? {} : { parentSpanId: span.parentId }),
    name: span.name,
    kind,
    startTimeUnixNano: start,
    endTimeUnixNano: start + span.durationMicros * NANOS_PER_MICRO,
    attributes: listOf(attributes),
    events: span.annotations.map(eventOf),
    links,
    ...(status === undefined ? {} : { status }),
  };
}

function take(tags: Tags, key: string): string | undefined {
  const value = tags.get(key);
  tags.delete(key);
  return value;
}

/** A tag `error`, whatever it says, is an error; its text stays unless it is `true`. */
function takeStatus(tags: Tags): { code: number; message: string } | undefined {
  const code = take(tags, "otel.status_code");
  const message = code === undefined ? "" : (take(tags, "otel.status_description") ?? "");
  const error = tags.get("error");
  if (error === "true") tags.delete("error");
  if (error !== undefined) return { code: ERROR, message };
  return code === undefined ? undefined : { code: STATUS_CODES[code] ?? 0, message };
}

/** `otlp.link.0` and so on: `trace id|span id|trace state|attributes as JSON|dropped`. */
function takeLinks(tags: Tags): object[] {
  const links: object[] = [];
  for (let i = 0; i < MAX_LINKS; i++) {
    const text = take(tags, `otlp.link.${i}`);
    if (text === undefined) return links;
    const parts = text.split("|");
    if (parts.length < 5) continue;
    const [traceId = "", spanId = "", traceState = ""] = parts;
    links.push({
      traceId: linkId(traceId, 16),
      spanId: linkId(spanId, 8),
      traceState,
      attributes: jsonAttributes(parts.slice(3, -1).join("|")),
      droppedAttributesCount: droppedOf(parts.at(-1)),
    });
  }
  return links;
}

function linkId(text: string, length: number): Buffer {
  const hex = text.replace(/^"(.*)"$/, "$1");
  if (hex !== "" && (hex.length !== length * 2 || !/^[\da-f]+$/i.test(hex))) throw malformed("invalid length for ID");
  return hex === "" ? Buffer.alloc(length) : Buffer.from(hex, "hex");
}

/** `name|attributes as JSON|dropped`, or just a name. */
function eventOf({ timestampMicros, value }: ZipkinAnnotation): object {
  const parts = value.split("|");
  const event = { timeUnixNano: timestampMicros * NANOS_PER_MICRO, name: parts[0] };
  if (parts.length < 3) return event;
  return {
    ...event,
    attributes: jsonAttributes(parts.slice(1, -1).join("|")),
    droppedAttributesCount: droppedOf(parts.at(-1)),
  };
}

function jsonAttributes(text: string): object[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed(`attributes are no JSON: ${text.slice(0, 50)}`);
  }
  const attributes: Attributes = new Map();
  for (const [key, value] of Object.entries(parsed ?? {}) as [string, unknown][]) {
    if (typeof value === "string") attributes.set(key, { stringValue: value });
    else if (typeof value === "boolean") attributes.set(key, { boolValue: value });
    else if (typeof value === "number") {
      attributes.set(key, Number.isInteger(value) ? { intValue: BigInt(value) } : { doubleValue: value });
    }
  }
  return listOf(attributes);
}

function droppedOf(text = ""): number {
  if (!/^\d{1,10}$/.test(text)) throw malformed(`invalid number of dropped attributes: ${text.slice(0, 20)}`);
  return Number(text);
}

function spanAttributes(span: ZipkinSpan, tags: Tags, parsesTags: boolean): Attributes {
  const attributes: Attributes = new Map();
  for (const [key, value] of tags) if (!isElsewhere(key)) attributes.set(key, tagValue(value, parsesTags));
  const put = (key: string, value: string | number = ""): void => {
    if (value === "" || value === 0) return;
    attributes.set(key, typeof value === "string" ? { stringValue: value } : { intValue: BigInt(value) });
  };
  const { localEndpoint: local, remoteEndpoint: remote } = span;
  put("network.local.address", local?.ipv6 || local?.ipv4);
  put("net.host.port", local?.port);
  put("service.peer.name", remote?.serviceName);
  put("network.peer.address", remote?.ipv6 || remote?.ipv4);
  put("net.peer.port", remote?.port);
  return attributes;
}

const SCOPE_TAGS = new Set(["otel.scope.name", "otel.scope.version", "otel.library.name", "otel.library.version"]);

/** Whether a tag is of the resource or the scope. */
function isElsewhere(key: string): boolean {
  return RESOURCE_TAGS.has(key) || SCOPE_TAGS.has(key) || key === SERVICE_NAME_SOURCE;
}

function listOf(attributes: Attributes): object[] {
  return [...attributes].map(([key, value]) => ({ key, value }));
}
