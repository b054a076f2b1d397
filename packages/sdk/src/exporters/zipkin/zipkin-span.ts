/** A span in Zipkin's JSON of version 2. Source: specification, "OpenTelemetry to Zipkin Transformation". */
import { type HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan, TimedEvent } from "../../trace/readable-span.ts";

interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export interface ZipkinSpan {
  readonly traceId: string;
  readonly parentId?: string;
  readonly id: string;
  readonly name: string;
  readonly kind?: string;
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  /** Microseconds. */
  readonly duration: number;
  readonly localEndpoint: Endpoint;
  readonly remoteEndpoint?: Endpoint;
  readonly tags?: Readonly<Record<string, string>>;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
}

export interface ZipkinTagNames {
  readonly statusCode: string;
  readonly statusDescription: string;
}

const KINDS: Readonly<Record<number, string>> = {
  [SpanKind.CLIENT]: "CLIENT",
  [SpanKind.SERVER]: "SERVER",
  [SpanKind.CONSUMER]: "CONSUMER",
  [SpanKind.PRODUCER]: "PRODUCER",
};

/** Where the other side's name is looked for, and its port where that goes with it; the best first. */
const REMOTE_ATTRIBUTES: readonly (readonly [string, string?])[] = [
  ["peer.service"],
  ["server.address"],
  ["net.peer.name"],
  ["network.peer.address", "network.peer.port"],
  ["server.socket.domain"],
  ["server.socket.address", "server.socket.port"],
  ["net.sock.peer.name"],
  ["net.sock.peer.addr", "net.sock.peer.port"],
  ["peer.hostname"],
  ["peer.address"],
  ["db.name"],
];

export function toZipkinSpan(span: ReadableSpan, serviceName: string, names: ZipkinTagNames): ZipkinSpan {
  const { traceId, spanId } = span.spanContext();
  const kind = KINDS[span.kind];
  const remoteEndpoint = remoteEndpointOf(span);
  const tags = tagsOf(span, names);
  return {
    traceId,
    ...(span.parentSpanContext !== undefined && { parentId: span.parentSpanContext.spanId }),
    id: spanId,
    name: span.name,
    ...(kind !== undefined && { kind }),
    timestamp: microseconds(span.startTime),
    duration: microseconds(span.duration),
    localEndpoint: { serviceName },
    ...(remoteEndpoint !== undefined && { remoteEndpoint }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(span.events.length > 0 && { annotations: span.events.map(annotationOf) }),
  };
}

function tagsOf(span: ReadableSpan, names: ZipkinTagNames): Record<string, string> {
  const { instrumentationScope: scope, resource } = span;
  const tags: Record<string, string> = {};
  for (const [key, value] of Object.entries(resource.attributes)) tags[key] = tagText(value);
  for (const [key, value] of Object.entries(span.attributes)) tags[key] = tagText(value);
  // Zipkin takes any span with this tag for failed.
  if (tags["error"] === "false") delete tags["error"];
  if (scope.name !== "") Object.assign(tags, { "otel.scope.name": scope.name, "otel.library.name": scope.name });
  if (scope.version !== undefined) {
    Object.assign(tags, { "otel.scope.version": scope.version, "otel.library.version": scope.version });
  }
  if (span.status.code !== SpanStatusCode.UNSET) tags[names.statusCode] = SpanStatusCode[span.status.code];
  if (span.status.code === SpanStatusCode.ERROR) tags[names.statusDescription] = span.status.message ?? "";
  if (span.droppedAttributesCount > 0) tags["otel.dropped_attributes_count"] = String(span.droppedAttributesCount);
  if (span.droppedEventsCount > 0) tags["otel.dropped_events_count"] = String(span.droppedEventsCount);
  if (span.droppedLinksCount > 0) tags["otel.dropped_links_count"] = String(span.droppedLinksCount);
  return tags;
}

function remoteEndpointOf({ kind, attributes }: ReadableSpan): Endpoint | undefined {
  if (kind !== SpanKind.CLIENT && kind !== SpanKind.PRODUCER) return undefined;
  const found = REMOTE_ATTRIBUTES.find(([name]) => attributes[name] !== undefined);
  if (found === undefined) return undefined;
  const [nameKey, portKey] = found;
  const name = tagText(attributes[nameKey]);
  const port = portKey === undefined ? Number.NaN : Number(attributes[portKey]);
  return { ...addressOf(name), ...(Number.isInteger(port) && { port }) };
}

function addressOf(name: string): Endpoint {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return { ipv4: name };
  return name.includes(":") ? { ipv6: name } : { serviceName: name };
}

/** `"name": {attributes}`, or the name alone. */
function annotationOf({ time, name, attributes = {} }: TimedEvent): { timestamp: number; value: string } {
  const value = Object.keys(attributes).length === 0 ? name : `${JSON.stringify(name)}: ${tagText(attributes)}`;
  return { timestamp: microseconds(time), value };
}

function tagText(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item)) ?? "";
}

function microseconds([seconds, nanos]: HrTime): number {
  return seconds * 1e6 + Math.floor(nanos / 1_000);
}
