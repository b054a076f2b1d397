import type { HrTime, SpanContext } from "@opentelemetry/api";
import type { LogAttributes, LogBody, SeverityNumber } from "@opentelemetry/api-logs";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";

/** A log record as exporters may read it. */
export interface ReadableLogRecord {
  /** When it happened; `[0, 0]` when that is not known. */
  readonly hrTime: HrTime;
  /** When the SDK was told. */
  readonly hrTimeObserved: HrTime;
  readonly spanContext?: SpanContext | undefined;
  readonly severityNumber?: SeverityNumber | undefined;
  readonly severityText?: string | undefined;
  readonly body?: LogBody | undefined;
  readonly eventName?: string | undefined;
  readonly attributes: LogAttributes;
  readonly droppedAttributesCount: number;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** A log record as processors may also change it; what they do is seen by the processors after them. */
export interface SdkLogRecord extends ReadableLogRecord {
  setAttribute(key: string, value: unknown): SdkLogRecord;
  setAttributes(attributes: LogAttributes): SdkLogRecord;
  setBody(body: LogBody): SdkLogRecord;
  setEventName(eventName: string): SdkLogRecord;
  setSeverityNumber(severityNumber: SeverityNumber): SdkLogRecord;
  setSeverityText(severityText: string): SdkLogRecord;
}
