import { type Context, type HrTime, isSpanContextValid, type SpanContext, trace } from "@opentelemetry/api";
import type { LogAttributes, LogBody, LogRecord, SeverityNumber } from "@opentelemetry/api-logs";
import type { Clock } from "@clew/base";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { type AttributeLimits, AttributeList } from "../common/attribute-list.ts";
import { exceptionAttributes } from "../common/exception-attributes.ts";
import { hrTimeOf, toHrTime } from "../common/hr-time.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { optionalText } from "../common/text.ts";
import type { Resource } from "../resource/resource.ts";
import type { SdkLogRecord } from "./readable-log-record.ts";

/** What all log records of one provider share. */
export interface LogEnvironment {
  readonly clock: Clock;
  readonly limits: AttributeLimits;
  readonly resource: Resource;
}

/** A log record that was emitted, its values copied and under limits. */
export class RecordedLogRecord implements SdkLogRecord {
  readonly hrTime: HrTime;
  readonly hrTimeObserved: HrTime;
  readonly spanContext: SpanContext | undefined;
  readonly instrumentationScope: InstrumentationScope;
  readonly attributeList: AttributeList;
  severityNumber: SeverityNumber | undefined;
  severityText: string | undefined;
  eventName: string | undefined;
  copiedBody: AnyValue | undefined;
  readonly #environment: LogEnvironment;

  constructor(environment: LogEnvironment, scope: InstrumentationScope, record: LogRecord, context: Context) {
    this.#environment = environment;
    this.instrumentationScope = scope;
    const { clock, limits } = environment;
    this.hrTimeObserved =
      record.observedTimestamp === undefined ? hrTimeOf(clock.nowMs()) : toHrTime(record.observedTimestamp, clock);
    this.hrTime = record.timestamp === undefined ? [0, 0] : toHrTime(record.timestamp, clock);
    const spanContext = trace.getSpanContext(context);
    this.spanContext = spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
    this.severityNumber = record.severityNumber;
    this.severityText = optionalText(record.severityText);
    this.eventName = optionalText(record.eventName);
    this.copiedBody = copyValue(record.body, Infinity);
    this.attributeList = new AttributeList(limits);
    if (record.exception !== undefined) this.attributeList.setAll(exceptionAttributes(record.exception));
    this.attributeList.setAll(record.attributes);
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
    this.copiedBody = copyValue(body, Infinity);
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
