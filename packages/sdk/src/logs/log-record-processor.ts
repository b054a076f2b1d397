import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { EnabledOptions } from "./logger.ts";
import type { Context } from "@opentelemetry/api";
import type { SdkLogRecord } from "./readable-log-record.ts";

/** Is told of every log record. Called in the order in which the processors were given. */
export interface LogRecordProcessor {
  /** Whether it keeps no record when `onEmit` has returned: the object may be another one then. False where it is not there. */
  readonly readsAtOnce?: boolean;
  /** Whether a record like this would lead to anything, as far as this processor goes. True where there is no such method. */
  enabled?(options: EnabledOptions & { readonly instrumentationScope: InstrumentationScope }): boolean;
  onEmit(logRecord: SdkLogRecord, context?: Context): void;
  /** Resolves when every record that was emitted before the call has been handed on. */
  forceFlush(): Promise<void>;
  /** Flushes, then releases everything. Safe to call twice. */
  shutdown(): Promise<void>;
}
