/** `opentelemetry/proto/trace/v1` and its collector service. */
import { InstrumentationScope, KeyValue, Resource } from "./common.ts";
import { choice, field, many, message, one, type Message } from "./message.ts";

export const SPAN_KINDS = [
  "SPAN_KIND_UNSPECIFIED",
  "SPAN_KIND_INTERNAL",
  "SPAN_KIND_SERVER",
  "SPAN_KIND_CLIENT",
  "SPAN_KIND_PRODUCER",
  "SPAN_KIND_CONSUMER",
] as const;

export const STATUS_CODES = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"] as const;

const SpanEvent: Message = message("Event", [
  field(1, "timeUnixNano", "fixed64"),
  field(2, "name", "string"),
  many(3, "attributes", () => KeyValue),
  field(4, "droppedAttributesCount", "uint32"),
]);

const Link: Message = message("Link", [
  field(1, "traceId", "traceId"),
  field(2, "spanId", "spanId"),
  field(3, "traceState", "string"),
  many(4, "attributes", () => KeyValue),
  field(5, "droppedAttributesCount", "uint32"),
  field(6, "flags", "fixed32"),
]);

const Status: Message = message("Status", [field(2, "message", "string"), choice(3, "code", STATUS_CODES)]);

const Span: Message = message(
  "Span",
  [
    field(1, "traceId", "traceId"),
    field(2, "spanId", "spanId"),
    field(3, "traceState", "string"),
    field(4, "parentSpanId", "spanId"),
    field(5, "name", "string"),
    choice(6, "kind", SPAN_KINDS),
    field(7, "startTimeUnixNano", "fixed64"),
    field(8, "endTimeUnixNano", "fixed64"),
    many(9, "attributes", () => KeyValue),
    field(10, "droppedAttributesCount", "uint32"),
    many(11, "events", () => SpanEvent),
    field(12, "droppedEventsCount", "uint32"),
    many(13, "links", () => Link),
    field(14, "droppedLinksCount", "uint32"),
    one(15, "status", () => Status),
    field(16, "flags", "fixed32"),
  ],
  "items",
);

const ScopeSpans: Message = message("ScopeSpans", [
  one(1, "scope", () => InstrumentationScope),
  many(2, "spans", () => Span),
  field(3, "schemaUrl", "string"),
]);

const ResourceSpans: Message = message(
  "ResourceSpans",
  [one(1, "resource", () => Resource), many(2, "scopeSpans", () => ScopeSpans), field(3, "schemaUrl", "string")],
  "resources",
);

export const ExportTraceServiceRequest: Message = message("ExportTraceServiceRequest", [
  many(1, "resourceSpans", () => ResourceSpans),
]);
