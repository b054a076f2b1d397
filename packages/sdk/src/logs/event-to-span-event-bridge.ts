import { type Attributes, type Context, trace } from "@opentelemetry/api";
import { activeContext } from "../context/active-context.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import type { SdkLogRecord } from "./readable-log-record.ts";

/**
 * Adds events that are emitted as log records to the span in whose context they were, too. Source: logs SDK
 * specification, "Event to span event bridge": only records with an event name, only of a span that is recording
 * and is the record's own.
 */
export class EventToSpanEventBridge implements LogRecordProcessor {
  /** Not of a class that is made of this one, which may keep what it is told of. */
  get readsAtOnce(): boolean {
    return this.constructor === EventToSpanEventBridge;
  }

  onEmit(logRecord: SdkLogRecord, context: Context = activeContext()): void {
    const { eventName, spanContext, attributes, hrTime, hrTimeObserved } = logRecord;
    const span = trace.getSpan(context);
    if (!eventName || spanContext === undefined || span?.isRecording() !== true) return;
    const { traceId, spanId } = span.spanContext();
    if (traceId !== spanContext.traceId || spanId !== spanContext.spanId) return;
    span.addEvent(eventName, attributes as Attributes, hrTime[0] === 0 ? hrTimeObserved : hrTime);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
