import {
  type Attributes,
  type Context,
  diag,
  type Exception,
  type HrTime,
  type Link,
  type Span as ApiSpan,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import { AttributeList } from "../common/attribute-list.ts";
import { exceptionAttributes } from "../common/exception-attributes.ts";
import { compareHrTime, durationBetween, hrTimeOf, toHrTime } from "../common/hr-time.ts";
import { textOf } from "../common/text.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";
import type { ReadableSpan, TimedEvent } from "./readable-span.ts";
import type { SpanAttributeLimits, SpanLimits } from "./span-limits.ts";
import type { SpanProcessor } from "./span-processor.ts";

/** What all spans of one provider share. */
export interface SpanEnvironment {
  readonly clock: Clock;
  readonly limits: SpanLimits;
  readonly attributeLimits: SpanAttributeLimits;
  readonly resource: Resource;
  readonly processor: SpanProcessor;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: SpanContext;
  readonly parentSpanContext: SpanContext | undefined;
  readonly parentContext: Context;
  readonly scope: InstrumentationScope;
  readonly startTime: TimeInput | undefined;
}

export interface RecordedEvent {
  readonly time: HrTime;
  readonly name: string;
  readonly attributes: AttributeList;
}

export interface RecordedLink {
  readonly context: SpanContext;
  readonly attributes: AttributeList;
}

/**
 * A span that is being recorded. It keeps what it is told in the form in which it is written as
 * bytes; the objects of `ReadableSpan` are made only when somebody asks for them.
 */
export class RecordingSpan implements ApiSpan, ReadableSpan {
  readonly kind: SpanKind;
  readonly parentSpanContext: SpanContext | undefined;
  readonly instrumentationScope: InstrumentationScope;
  readonly startTime: HrTime;
  readonly attributeList: AttributeList;
  readonly recordedEvents: RecordedEvent[] = [];
  readonly recordedLinks: RecordedLink[] = [];
  name: string;
  endTime: HrTime = [0, 0];
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  readonly #environment: SpanEnvironment;
  readonly #spanContext: SpanContext;
  #state: "open" | "ending" | "ended" = "open";

  constructor(environment: SpanEnvironment, start: SpanStart) {
    this.#environment = environment;
    this.#spanContext = start.spanContext;
    this.name = textOf(start.name);
    this.kind = start.kind;
    this.parentSpanContext = start.parentSpanContext;
    this.instrumentationScope = start.scope;
    this.startTime = toHrTime(start.startTime, environment.clock);
    this.attributeList = new AttributeList(environment.attributeLimits.span);
  }

  spanContext(): SpanContext {
    return this.#spanContext;
  }

  isRecording(): boolean {
    return this.#state !== "ended";
  }

  setAttribute(key: string, value: unknown): this {
    if (this.#isWritable("setAttribute")) this.attributeList.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#isWritable("setAttributes")) this.attributeList.setAll(attributes);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.#isWritable("addEvent")) return this;
    const givenTime = isTime(attributesOrTime) ? attributesOrTime : time;
    const attributes = new AttributeList(this.#environment.attributeLimits.event);
    if (!isTime(attributesOrTime)) attributes.setAll(attributesOrTime);
    this.#keepEvent({ name: textOf(name), attributes, time: toHrTime(givenTime, this.#environment.clock) });
    return this;
  }

  addLink(link: Link): this {
    if (!this.#isWritable("addLink") || typeof link?.context !== "object" || link.context === null) return this;
    if (this.recordedLinks.length >= this.#environment.limits.linkCountLimit) {
      this.droppedLinksCount++;
      return this;
    }
    const attributes = new AttributeList(this.#environment.attributeLimits.link);
    attributes.setAll(link.attributes);
    this.recordedLinks.push({ context: link.context, attributes });
    return this;
  }

  addLinks(links: readonly Link[]): this {
    for (const link of links ?? []) this.addLink(link);
    return this;
  }

  /** Specification, "Set Status": OK is final, UNSET changes nothing, a description belongs to ERROR only. */
  setStatus(status: SpanStatus): this {
    if (!this.#isWritable("setStatus") || status?.code === undefined) return this;
    if (status.code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return this;
    const keepsMessage = status.code === SpanStatusCode.ERROR && typeof status.message === "string";
    this.status = keepsMessage ? { code: status.code, message: status.message as string } : { code: status.code };
    return this;
  }

  updateName(name: string): this {
    if (this.#isWritable("updateName")) this.name = textOf(name);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (this.#isWritable("recordException")) this.addEvent("exception", exceptionAttributes(exception), time);
  }

  end(endTime?: TimeInput): void {
    if (!this.#isWritable("end")) return;
    const { clock, processor } = this.#environment;
    const end = endTime === undefined ? hrTimeOf(clock.nowMs()) : toHrTime(endTime, clock);
    this.endTime = compareHrTime(end, this.startTime) < 0 ? this.startTime : end;
    this.#state = "ending";
    processor.onEnding?.(this);
    this.#state = "ended";
    processor.onEnd(this);
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  get resource(): Resource {
    return this.#environment.resource;
  }

  get duration(): HrTime {
    return this.ended ? durationBetween(this.startTime, this.endTime) : [-1, 0];
  }

  get attributes(): Attributes {
    return this.attributeList.toObject() as Attributes;
  }

  get droppedAttributesCount(): number {
    return this.attributeList.droppedCount;
  }

  get events(): TimedEvent[] {
    return this.recordedEvents.map(({ name, time, attributes }) => ({
      name,
      time,
      attributes: attributes.toObject() as Attributes,
      droppedAttributesCount: attributes.droppedCount,
    }));
  }

  get links(): Link[] {
    return this.recordedLinks.map(({ context, attributes }) => ({
      context,
      attributes: attributes.toObject() as Attributes,
      droppedAttributesCount: attributes.droppedCount,
    }));
  }

  /** When there are too many, the oldest goes: what happened last explains more, an exception above all. */
  #keepEvent(event: RecordedEvent): void {
    const { eventCountLimit } = this.#environment.limits;
    if (this.recordedEvents.length >= eventCountLimit) {
      this.droppedEventsCount++;
      if (eventCountLimit === 0) return;
      this.recordedEvents.shift();
    }
    this.recordedEvents.push(event);
  }

  #isWritable(operation: string): boolean {
    if (this.#state === "open" || (this.#state === "ending" && operation !== "end")) return true;
    diag.debug(`${operation} on a span that has ended: ${this.name}`);
    return false;
  }
}

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === "number" || value instanceof Date || Array.isArray(value);
}
