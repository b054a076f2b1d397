/** Writes a span as OTLP's `Span` message (opentelemetry/proto/trace/v1). */
import { SpanStatusCode, type TraceState } from "@opentelemetry/api";
import type { Writer } from "@clew/otlp";
import { AttributeList, NO_LIMITS } from "../common/attribute-list.ts";
import { TimeWriter, writeTime } from "../common/hr-time.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import type { ReadableSpan } from "./readable-span.ts";
import { type RecordedEvent, type RecordedLink, RecordingSpan } from "./recording-span.ts";
import type { SpanIdentity } from "./span-identity.ts";

// Span.flags: the low byte is the W3C flags; then "it is known whether the parent is remote", and "it is".
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Writes spans; keeps the scratch memory for ids and times. */
export class SpanEncoder {
  readonly #ids = new HexIds();
  readonly #times = new TimeWriter();

  encode(writer: Writer, field: number, span: ReadableSpan): void {
    const start = writer.begin(field);
    if (span instanceof RecordingSpan) this.#writeRecording(writer, span);
    else this.#writeForeign(writer, span);
    writer.end(start);
  }

  #writeRecording(writer: Writer, span: RecordingSpan): void {
    const { identity, parent } = span;
    writeTraceId(writer, identity);
    writeSpanId(writer, 2, identity);
    writeState(writer, identity.traceState);
    if (parent !== undefined) writeSpanId(writer, 4, parent);
    writer.string(5, span.name);
    writer.uint(6, span.kind + 1);
    this.#times.write(writer, 7, span.startSeconds, span.startNanos);
    this.#times.write(writer, 8, span.endSeconds, span.endNanos);
    span.attributeList.write(writer, 9, 10);
    this.#writeParts(writer, span, span.recordedEvents, span.recordedLinks);
    writer.fixed32(16, flagsOf(identity.traceFlags, parent?.isRemote === true));
  }

  /** One that a user's processor made itself. */
  #writeForeign(writer: Writer, span: ReadableSpan): void {
    const { traceId, spanId, traceState, traceFlags } = span.spanContext();
    const { parentSpanContext: parent, events, links } = span;
    writer.bytes(1, this.#ids.traceId(traceId));
    writer.bytes(2, this.#ids.spanId(spanId));
    writeState(writer, traceState);
    if (parent !== undefined) writer.bytes(4, this.#ids.spanId(parent.spanId));
    writer.string(5, span.name);
    writer.uint(6, span.kind + 1);
    writeTime(writer, 7, span.startTime);
    writeTime(writer, 8, span.endTime);
    listOf(span.attributes, span.droppedAttributesCount).write(writer, 9, 10);
    const recordedEvents = events.map(({ time, name, attributes, droppedAttributesCount }) => ({
      seconds: time[0],
      nanos: time[1],
      name,
      attributes: listOf(attributes, droppedAttributesCount),
    }));
    const recordedLinks = links.map(({ context, attributes, droppedAttributesCount }) => ({
      context,
      attributes: listOf(attributes, droppedAttributesCount),
    }));
    this.#writeParts(writer, span, recordedEvents, recordedLinks);
    writer.fixed32(16, flagsOf(traceFlags, parent?.isRemote === true));
  }

  #writeParts(
    writer: Writer,
    span: ReadableSpan,
    events: readonly RecordedEvent[] | undefined,
    links: readonly RecordedLink[] | undefined,
  ): void {
    if (events !== undefined) for (const event of events) this.#writeEvent(writer, event);
    writer.uint(12, span.droppedEventsCount);
    if (links !== undefined) for (const link of links) this.#writeLink(writer, link);
    writer.uint(14, span.droppedLinksCount);
    writeStatus(writer, span);
  }

  #writeEvent(writer: Writer, { seconds, nanos, name, attributes }: RecordedEvent): void {
    const start = writer.begin(11);
    this.#times.write(writer, 1, seconds, nanos);
    writer.string(2, name);
    attributes?.write(writer, 3, 4);
    writer.end(start);
  }

  #writeLink(writer: Writer, { context, attributes }: RecordedLink): void {
    const start = writer.begin(13);
    writer.bytes(1, this.#ids.traceId(context.traceId));
    writer.bytes(2, this.#ids.spanId(context.spanId));
    writeState(writer, context.traceState);
    attributes.write(writer, 4, 5);
    writer.fixed32(6, flagsOf(context.traceFlags, context.isRemote === true));
    writer.end(start);
  }
}

function writeTraceId(writer: Writer, { trace0, trace1, trace2, trace3 }: SpanIdentity): void {
  writer.bytes16(1, trace0, trace1, trace2, trace3);
}

function writeSpanId(writer: Writer, field: number, { span0, span1 }: SpanIdentity): void {
  writer.bytes8(field, span0, span1);
}

function writeState(writer: Writer, traceState: TraceState | undefined): void {
  const state = traceState?.serialize() ?? "";
  if (state !== "") writer.string(3, state);
}

function writeStatus(writer: Writer, { status }: ReadableSpan): void {
  if (status.code === SpanStatusCode.UNSET) return;
  const start = writer.begin(15);
  if (status.message !== undefined) writer.string(2, status.message);
  writer.uint(3, status.code);
  writer.end(start);
}

/** `isRemote`: whether a span's parent, or what a link leads to, came from elsewhere. */
function flagsOf(traceFlags: number, isRemote: boolean): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}

function listOf(attributes: object | undefined, droppedCount = 0): AttributeList {
  const list = new AttributeList(NO_LIMITS);
  list.setAll(attributes);
  list.droppedCount = droppedCount;
  return list;
}
