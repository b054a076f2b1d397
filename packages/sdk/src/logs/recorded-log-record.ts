import type { Context, HrTime, SpanContext } from "@opentelemetry/api";
import type { LogAttributes, LogBody, LogRecord, SeverityNumber } from "@opentelemetry/api-logs";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { type AttributeLimits, AttributeList } from "../common/attribute-list.ts";
import { exceptionAttributes } from "../common/exception-attributes.ts";
import { toHrTime } from "../common/hr-time.ts";
import type { TimeReader } from "../common/wall-clock.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { optionalText } from "../common/text.ts";
import type { Resource } from "../resource/resource.ts";
import { identityOfContext } from "../trace/identity-of-context.ts";
import type { SpanIdentity } from "../trace/span-identity.ts";
import type { SdkLogRecord } from "./readable-log-record.ts";

/** What all log records of one provider share. */
export interface LogEnvironment {
  readonly clock: TimeReader;
  readonly limits: AttributeLimits;
  readonly resource: Resource;
  /** How many records there were. */
  createdCount: number;
}

/** A log record that was emitted, its values copied and under limits. */
export class RecordedLogRecord implements SdkLogRecord {
  /** 0 and 0 when that is not known. */
  seconds = 0;
  nanos = 0;
  observedSeconds = 0;
  observedNanos = 0;
  /** That of the span in whose context it was emitted. */
  identity: SpanIdentity | undefined;
  readonly instrumentationScope: InstrumentationScope;
  readonly attributeList: AttributeList;
  severityNumber: SeverityNumber | undefined;
  severityText: string | undefined;
  eventName: string | undefined;
  copiedBody: AnyValue | undefined;
  readonly #environment: LogEnvironment;

  constructor(environment: LogEnvironment, scope: InstrumentationScope) {
    this.#environment = environment;
    this.instrumentationScope = scope;
    this.attributeList = new AttributeList(environment.limits);
  }

  /** Becomes what was emitted as `record` in `context`. It may have been another before. */
  take(record: LogRecord, context: Context): this {
    const environment = this.#environment;
    environment.createdCount++;
    const { clock } = environment;
    const { timestamp, observedTimestamp, body, exception, attributes } = record;
    if (observedTimestamp === undefined) {
      clock.read();
      this.observedSeconds = clock.seconds;
      this.observedNanos = clock.nanos;
    } else [this.observedSeconds, this.observedNanos] = toHrTime(observedTimestamp, clock);
    if (timestamp === undefined) {
      this.seconds = 0;
      this.nanos = 0;
    } else [this.seconds, this.nanos] = toHrTime(timestamp, clock);
    this.identity = identityOfContext(context);
    this.severityNumber = record.severityNumber;
    this.severityText = optionalText(record.severityText);
    this.eventName = optionalText(record.eventName);
    this.copiedBody = typeof body === "string" ? body : copyValue(body);
    this.attributeList.clear();
    if (exception !== undefined) this.attributeList.setAll(exceptionAttributes(exception));
    if (attributes !== undefined) this.attributeList.setAll(attributes);
    return this;
  }

  get hrTime(): HrTime {
    return [this.seconds, this.nanos];
  }

  get hrTimeObserved(): HrTime {
    return [this.observedSeconds, this.observedNanos];
  }

  get spanContext(): SpanContext | undefined {
    return this.identity?.context;
  }

  get resource(): Resource {
    return this.#environment.resource;
  }

  get body(): LogBody | undefined {
    return this.copiedBody as LogBody | undefined;
  }

  get attributes(): LogAttributes {
    return this.attributeList.toObject() as LogAttributes;
  }

  get droppedAttributesCount(): number {
    return this.attributeList.droppedCount;
  }

  setAttribute(key: string, value: unknown): this {
    this.attributeList.set(key, value);
    return this;
  }

  setAttributes(attributes: LogAttributes): this {
    this.attributeList.setAll(attributes);
    return this;
  }

  setBody(body: LogBody): this {
    this.copiedBody = copyValue(body);
    return this;
  }

  setEventName(eventName: string): this {
    this.eventName = optionalText(eventName);
    return this;
  }

  setSeverityNumber(severityNumber: SeverityNumber): this {
    this.severityNumber = severityNumber;
    return this;
  }

  setSeverityText(severityText: string): this {
    this.severityText = optionalText(severityText);
    return this;
  }
}
