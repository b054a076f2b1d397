import {
  type Attributes,
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
import { AttributeList } from "../common/attribute-list.ts";
import { exceptionAttributes } from "../common/exception-attributes.ts";
import { durationBetween, toHrTime } from "../common/hr-time.ts";
import { textOf } from "../common/text.ts";
import type { TimeReader } from "../common/wall-clock.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";
import type { ReadableSpan, TimedEvent } from "./readable-span.ts";
import type { SpanAttributeLimits, SpanLimits } from "./span-limits.ts";
import type { SpanCounts } from "./span-counts.ts";
import type { SpanIdentity } from "./span-identity.ts";
import type { SpanProcessor } from "./span-processor.ts";

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

/** What all spans of one provider share. */
export interface SpanEnvironment {
  readonly clock: TimeReader;
  readonly limits: SpanLimits;
  readonly attributeLimits: SpanAttributeLimits;
  readonly resource: Resource;
  readonly processor: SpanProcessor;
  readonly counts: SpanCounts;
}

export interface RecordedEvent {
  readonly seconds: number;
  readonly nanos: number;
  readonly name: string;
  /** Undefined where there are none. */
  readonly attributes: AttributeList | undefined;
}

export interface RecordedLink {
  readonly context: SpanContext;
  readonly attributes: AttributeList;
}

/**
 * A span that is being recorded. It keeps what it is told in the form in which it is written as
 * bytes; the objects of `ReadableSpan` are made only when somebody asks for them. Times are whole
 * seconds and nanoseconds, which need no memory of their own.
 */
export class RecordingSpan implements ApiSpan, ReadableSpan {
  readonly identity: SpanIdentity;
  readonly parent: SpanIdentity | undefined;
  readonly instrumentationScope: InstrumentationScope;
  readonly kind: SpanKind;
  readonly attributeList: AttributeList;
  name: string;
  startSeconds: number;
  startNanos: number;
  endSeconds = 0;
  endNanos = 0;
  recordedEvents: RecordedEvent[] | undefined = undefined;
  recordedLinks: RecordedLink[] | undefined = undefined;
  status: SpanStatus = UNSET;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  readonly #environment: SpanEnvironment;
  #state: "open" | "ending" | "ended" = "open";

  constructor(
    environment: SpanEnvironment,
    scope: InstrumentationScope,
    identity: SpanIdentity,
    parent: SpanIdentity | undefined,
    name: string,
    kind: SpanKind,
    startTime: TimeInput | undefined,
  ) {
    this.#environment = environment;
    this.instrumentationScope = scope;
    this.identity = identity;
    this.parent = parent;
    this.name = textOf(name);
    this.kind = kind;
    this.attributeList = new AttributeList(environment.attributeLimits.span);
    const { clock } = environment;
    if (startTime === undefined) {
      clock.read();
      this.startSeconds = clock.seconds;
      this.startNanos = clock.nanos;
    } else [this.startSeconds, this.startNanos] = toHrTime(startTime, clock);
  }

  spanContext(): SpanContext {
    return this.identity.context;
  }

  isRecording(): boolean {
    return this.#state !== "ended";
  }

  setAttribute(key: string, value: unknown): this {
    if (this.#state !== "ended") this.attributeList.set(key, value);
    else this.#refuse("setAttribute");
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#isWritable("setAttributes")) this.attributeList.setAll(attributes);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.#isWritable("addEvent")) return this;
    const { clock, attributeLimits } = this.#environment;
    const isSecondTime = isTime(attributesOrTime);
    const givenTime = isSecondTime ? attributesOrTime : time;
    let attributes: AttributeList | undefined;
    if (!isSecondTime && attributesOrTime !== undefined) {
      attributes = new AttributeList(attributeLimits.event);
      attributes.setAll(attributesOrTime);
    }
    if (givenTime === undefined) {
      clock.read();
      this.#keepEvent({ seconds: clock.seconds, nanos: clock.nanos, name: textOf(name), attributes });
      return this;
    }
    const [seconds, nanos] = toHrTime(givenTime, clock);
    this.#keepEvent({ seconds, nanos, name: textOf(name), attributes });
    return this;
  }

  addLink(link: Link): this {
    if (!this.#isWritable("addLink") || typeof link?.context !== "object" || link.context === null) return this;
    const links = (this.recordedLinks ??= []);
    if (links.length >= this.#environment.limits.linkCountLimit) {
      this.droppedLinksCount++;
      return this;
    }
    const attributes = new AttributeList(this.#environment.attributeLimits.link);
    attributes.setAll(link.attributes);
    links.push({ context: link.context, attributes });
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
    const { clock, processor, counts } = this.#environment;
    if (endTime === undefined) {
      clock.read();
      this.endSeconds = clock.seconds;
      this.endNanos = clock.nanos;
    } else [this.endSeconds, this.endNanos] = toHrTime(endTime, clock);
    if (this.#endsBeforeItStarts()) {
      this.endSeconds = this.startSeconds;
      this.endNanos = this.startNanos;
    }
    this.#state = "ending";
    processor.onEnding?.(this);
    this.#state = "ended";
    counts.ended(this.identity.isSampled);
    processor.onEnd(this);
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  get parentSpanContext(): SpanContext | undefined {
    return this.parent?.context;
  }

  get startTime(): HrTime {
    return [this.startSeconds, this.startNanos];
  }

  get endTime(): HrTime {
    return [this.endSeconds, this.endNanos];
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
    return (this.recordedEvents ?? []).map(({ name, seconds, nanos, attributes }) => ({
      name,
      time: [seconds, nanos],
      attributes: (attributes?.toObject() ?? {}) as Attributes,
      droppedAttributesCount: attributes?.droppedCount ?? 0,
    }));
  }

  get links(): Link[] {
    return (this.recordedLinks ?? []).map(({ context, attributes }) => ({
      context,
      attributes: attributes.toObject() as Attributes,
      droppedAttributesCount: attributes.droppedCount,
    }));
  }

  /** When there are too many, the oldest goes: what happened last explains more, an exception above all. */
  #keepEvent(event: RecordedEvent): void {
    const { eventCountLimit } = this.#environment.limits;
    const events = this.recordedEvents;
    if (events === undefined && eventCountLimit > 0) {
      this.recordedEvents = [event];
      return;
    }
    if (events === undefined || events.length >= eventCountLimit) {
      this.droppedEventsCount++;
      if (events === undefined) return;
      events.shift();
    }
    events.push(event);
  }

  #endsBeforeItStarts(): boolean {
    const { startSeconds, endSeconds } = this;
    return endSeconds < startSeconds || (endSeconds === startSeconds && this.endNanos < this.startNanos);
  }

  #isWritable(operation: string): boolean {
    if (this.#state === "open" || (this.#state === "ending" && operation !== "end")) return true;
    this.#refuse(operation);
    return false;
  }

  #refuse(operation: string): void {
    diag.debug(`${operation} on a span that has ended: ${this.name}`);
  }
}

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === "number" || value instanceof Date || Array.isArray(value);
}
