import { SpanStatusCode } from "@opentelemetry/api";
import type { Writer } from "@clew/otlp";
import { AttributeTemplate } from "../common/attribute-template.ts";
import type { RecordedEvent, RecordingSpan } from "./recording-span.ts";

/** With a longer name, the length of an event may have two bytes. */
const MAX_EVENT_NAME = 32;

/** A span as it stands in a writer, with nothing behind its attributes but events that have none. The next of its name are copied from it. */
export class SpanTemplate {
  readonly attributes: AttributeTemplate = new AttributeTemplate();
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  #hasParent = false;
  #eventNames: readonly string[] | undefined;

  get end(): number {
    return this.start + this.bytes.length;
  }

  /** Whether `span`, which has its name, has the same fields and the same keys. */
  isLike(span: RecordingSpan): boolean {
    return (
      (span.parent !== undefined) === this.#hasParent &&
      hasNoRareParts(span) &&
      areNamed(span.recordedEvents, this.#eventNames) &&
      this.attributes.hasKeysOf(span.attributeList)
    );
  }

  /** It is made of `span`, which is plain and stands from `start` to the writer's position. */
  take(writer: Writer, start: number, span: RecordingSpan): void {
    this.start = start;
    this.bytes = writer.room(0).subarray(start, writer.position);
    this.#hasParent = span.parent !== undefined;
    this.#eventNames = span.recordedEvents?.map(({ name }) => name);
  }
}

/** Whether a template may be made of it. */
export function isPlain(span: RecordingSpan): boolean {
  return hasNoRareParts(span) && (span.recordedEvents === undefined || span.recordedEvents.every(isPlainEvent));
}

function hasNoRareParts(span: RecordingSpan): boolean {
  return (
    span.status.code === SpanStatusCode.UNSET &&
    span.recordedLinks === undefined &&
    span.identity.traceState === undefined &&
    span.attributeList.droppedCount === 0 &&
    span.droppedEventsCount === 0 &&
    span.droppedLinksCount === 0
  );
}

function isPlainEvent({ name, attributes }: RecordedEvent): boolean {
  return attributes === undefined && name.length <= MAX_EVENT_NAME;
}

function areNamed(events: readonly RecordedEvent[] | undefined, names: readonly string[] | undefined): boolean {
  if (events === undefined || names === undefined) return events === names;
  if (events.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) {
    const { name, attributes } = events[i]!;
    if (name !== names[i] || attributes !== undefined) return false;
  }
  return true;
}
