/** Writes a span as OTLP's `Span` message (opentelemetry/proto/trace/v1). */
import { SpanStatusCode, type TraceState } from "@opentelemetry/api";
import { putLittleWord, putText, putWord, textRoom, type Writer } from "@clew/otlp";
import { AttributeWriter } from "../common/attribute-writer.ts";
import { AttributeList, NO_LIMITS } from "../common/attribute-list.ts";
import { KeptByName } from "../common/kept-by-name.ts";
import { TimeWriter, writeTime } from "../common/hr-time.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import type { ReadableSpan } from "./readable-span.ts";
import { type RecordedEvent, type RecordedLink, RecordingSpan } from "./recording-span.ts";
import type { SpanIdentity } from "./span-identity.ts";
import { isPlain, SpanTemplate } from "./span-template.ts";

// Span.flags: the low byte is the W3C flags; then "it is known whether the parent is remote", and "it is".
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
// The tags of a Span's and an Event's fields. That of the flags has a second byte, 1.
const TAG_TRACE_ID = 0x0a;
const TAG_SPAN_ID = 0x12;
const TAG_PARENT_SPAN_ID = 0x22;
const TAG_NAME = 0x2a;
const TAG_KIND = 0x30;
const TAG_START = 0x39;
const TAG_END = 0x41;
const TAG_FLAGS = 0x85;
const TAG_EVENT_TIME = 0x09;
const TAG_EVENT_NAME = 0x12;
/** Ids, kind, times and flags with their tags. */
const FIXED_ROOM = 80;
const EVENT_ROOM = 16;

/** Writes spans; keeps the scratch memory for ids and times. */
export class SpanEncoder {
  readonly #ids = new HexIds();
  readonly #times = new TimeWriter();
  readonly #attributes = new AttributeWriter();
  readonly #templates = new KeptByName(() => new SpanTemplate());

  encode(writer: Writer, field: number, span: ReadableSpan): void {
    const start = writer.beginLong(field);
    if (!(span instanceof RecordingSpan)) this.#writeForeign(writer, span);
    else {
      const template = this.#templates.of(span.name);
      if (!template.attributes.isIn(writer)) return this.#writeFirst(writer, start, span, template);
      if (template.isLike(span)) this.#copy(writer, template, span);
      else this.#writeRecording(writer, span, undefined);
    }
    writer.endLong(start);
  }

  /** The first of its name in a writer. */
  #writeFirst(writer: Writer, start: number, span: RecordingSpan, template: SpanTemplate): void {
    const isTemplate = isPlain(span);
    this.#writeRecording(writer, span, isTemplate ? template : undefined);
    const moved = writer.endLong(start);
    if (!isTemplate) return;
    template.attributes.move(moved);
    template.take(writer, start + moved, span);
  }

  /** A copy of `template`, with what is `span`'s own. This is most of what an application pays for a span. */
  #copy(writer: Writer, template: SpanTemplate, span: RecordingSpan): void {
    const { attributes, bytes, end } = template;
    const start = writer.position;
    const room = writer.room(bytes.length);
    room.set(bytes, start);
    this.#putFixed(room, start, span);
    const moved = attributes.fill(writer, this.#attributes, 9, span.attributeList, start - template.start, end);
    if (span.recordedEvents !== undefined) {
      this.#putEventTimes(writer.room(0), attributes.end + moved, span.recordedEvents);
    }
    writer.position = end + moved;
  }

  #putEventTimes(bytes: Uint8Array, position: number, events: readonly RecordedEvent[]): void {
    let at = position;
    for (const { seconds, nanos } of events) {
      this.#times.put(bytes, at + 3, seconds, nanos);
      at += 2 + bytes[at + 1]!;
    }
  }

  #writeRecording(writer: Writer, span: RecordingSpan, template: SpanTemplate | undefined): void {
    const { identity, name, attributeList } = span;
    const bytes = writer.room(FIXED_ROOM + textRoom(name));
    const at = this.#putFixed(bytes, writer.position, span);
    bytes[at] = TAG_NAME;
    writer.position = putText(bytes, at + 1, name);
    writeState(writer, identity.traceState);
    if (template === undefined) attributeList.write(writer, this.#attributes, 9, 10);
    else template.attributes.write(writer, this.#attributes, 9, attributeList);
    this.#writeParts(writer, span, span.recordedEvents, span.recordedLinks);
  }

  /** What has the same length in all spans that have a parent, and in all that have none. */
  #putFixed(bytes: Uint8Array, position: number, span: RecordingSpan): number {
    const { identity, parent } = span;
    let at = position;
    bytes[at] = TAG_TRACE_ID;
    bytes[at + 1] = 16;
    at = putWord(bytes, at + 2, identity.trace0);
    at = putWord(bytes, at, identity.trace1);
    at = putWord(bytes, at, identity.trace2);
    at = putWord(bytes, at, identity.trace3);
    at = putSpanId(bytes, at, TAG_SPAN_ID, identity);
    if (parent !== undefined) at = putSpanId(bytes, at, TAG_PARENT_SPAN_ID, parent);
    bytes[at] = TAG_KIND;
    bytes[at + 1] = span.kind + 1;
    bytes[at + 2] = TAG_START;
    at = this.#times.put(bytes, at + 3, span.startSeconds, span.startNanos);
    bytes[at] = TAG_END;
    at = this.#times.put(bytes, at + 1, span.endSeconds, span.endNanos);
    bytes[at] = TAG_FLAGS;
    bytes[at + 1] = 1;
    return putLittleWord(bytes, at + 2, flagsOf(identity.traceFlags, parent?.isRemote === true));
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
    listOf(span.attributes, span.droppedAttributesCount).write(writer, this.#attributes, 9, 10);
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
    const bytes = writer.room(EVENT_ROOM + textRoom(name));
    let at = writer.position;
    bytes[at] = TAG_EVENT_TIME;
    at = this.#times.put(bytes, at + 1, seconds, nanos);
    bytes[at] = TAG_EVENT_NAME;
    writer.position = putText(bytes, at + 1, name);
    attributes?.write(writer, this.#attributes, 3, 4);
    writer.end(start);
  }

  #writeLink(writer: Writer, { context, attributes }: RecordedLink): void {
    const start = writer.begin(13);
    writer.bytes(1, this.#ids.traceId(context.traceId));
    writer.bytes(2, this.#ids.spanId(context.spanId));
    writeState(writer, context.traceState);
    attributes.write(writer, this.#attributes, 4, 5);
    writer.fixed32(6, flagsOf(context.traceFlags, context.isRemote === true));
    writer.end(start);
  }
}

function putSpanId(bytes: Uint8Array, position: number, tag: number, { span0, span1 }: SpanIdentity): number {
  bytes[position] = tag;
  bytes[position + 1] = 8;
  return putWord(bytes, putWord(bytes, position + 2, span0), span1);
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
