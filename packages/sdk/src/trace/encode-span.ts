/** Writes a span as OTLP's `Span` message (opentelemetry/proto/trace/v1). */
import { type SpanContext, SpanStatusCode } from "@opentelemetry/api";
import type { Writer } from "@clew/otlp";
import { AttributeList, NO_LIMITS } from "../common/attribute-list.ts";
import { writeTime } from "../common/hr-time.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import type { ReadableSpan } from "./readable-span.ts";
import { type RecordedEvent, type RecordedLink, RecordingSpan } from "./recording-span.ts";

// Span.flags: the low byte is the W3C flags; then "it is known whether the parent is remote", and "it is".
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Writes spans; keeps the scratch memory for their ids. */
export class SpanEncoder {
  readonly #ids = new HexIds();

  encode(writer: Writer, field: number, span: ReadableSpan): void {
    const start = writer.begin(field);
    this.#writeContext(writer, span);
    writer.string(5, span.name);
    writer.uint(6, span.kind + 1);
    writeTime(writer, 7, span.startTime);
    writeTime(writer, 8, span.endTime);
    const { attributeList, recordedEvents, recordedLinks } = span instanceof RecordingSpan ? span : recorded(span);
    attributeList.write(writer, 9, 10);
    for (const event of recordedEvents) writeEvent(writer, event);
    writer.uint(12, span.droppedEventsCount);
    for (const link of recordedLinks) this.#writeLink(writer, link);
    writer.uint(14, span.droppedLinksCount);
    writeStatus(writer, span);
    writer.fixed32(16, flagsOf(span.spanContext(), span.parentSpanContext));
    writer.end(start);
  }

  #writeContext(writer: Writer, span: ReadableSpan): void {
    const { traceId, spanId, traceState } = span.spanContext();
    writer.bytes(1, this.#ids.traceId(traceId));
    writer.bytes(2, this.#ids.spanId(spanId));
    const state = traceState?.serialize() ?? "";
    if (state !== "") writer.string(3, state);
    if (span.parentSpanContext !== undefined) writer.bytes(4, this.#ids.spanId(span.parentSpanContext.spanId));
  }

  #writeLink(writer: Writer, { context, attributes }: RecordedLink): void {
    const start = writer.begin(13);
    writer.bytes(1, this.#ids.traceId(context.traceId));
    writer.bytes(2, this.#ids.spanId(context.spanId));
    const state = context.traceState?.serialize() ?? "";
    if (state !== "") writer.string(3, state);
    attributes.write(writer, 4, 5);
    writer.fixed32(6, flagsOf(context, context));
    writer.end(start);
  }
}

function writeEvent(writer: Writer, { time, name, attributes }: RecordedEvent): void {
  const start = writer.begin(11);
  writeTime(writer, 1, time);
  writer.string(2, name);
  attributes.write(writer, 3, 4);
  writer.end(start);
}

function writeStatus(writer: Writer, { status }: ReadableSpan): void {
  if (status.code === SpanStatusCode.UNSET) return;
  const start = writer.begin(15);
  if (status.message !== undefined) writer.string(2, status.message);
  writer.uint(3, status.code);
  writer.end(start);
}

/** `remote` is the context that came from elsewhere or not: a span's parent, or the linked context itself. */
function flagsOf(own: SpanContext, remote: SpanContext | undefined): number {
  return (own.traceFlags & 0xff) | HAS_IS_REMOTE | (remote?.isRemote === true ? IS_REMOTE : 0);
}

/** The parts of a span that a user's processor made itself, in the form that is written. */
function recorded(span: ReadableSpan): Pick<RecordingSpan, "attributeList" | "recordedEvents" | "recordedLinks"> {
  return {
    attributeList: listOf(span.attributes, span.droppedAttributesCount),
    recordedEvents: span.events.map(({ time, name, attributes, droppedAttributesCount }) => ({
      time,
      name,
      attributes: listOf(attributes, droppedAttributesCount),
    })),
    recordedLinks: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      context,
      attributes: listOf(attributes, droppedAttributesCount),
    })),
  };
}

function listOf(attributes: object | undefined, droppedCount = 0): AttributeList {
  const list = new AttributeList(NO_LIMITS);
  list.setAll(attributes);
  list.droppedCount = droppedCount;
  return list;
}
