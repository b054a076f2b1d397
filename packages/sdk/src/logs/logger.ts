import { type Context, diag } from "@opentelemetry/api";
import type { Logger as ApiLogger, LogRecord, SeverityNumber } from "@opentelemetry/api-logs";
import { messageOf } from "@clew/base";
import { activeContext } from "../context/active-context.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { identityOfContext } from "../trace/identity-of-context.ts";
import type { LoggerConfig } from "./logger-configurator.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import { type LogEnvironment, RecordedLogRecord } from "./recorded-log-record.ts";

export interface LoggerSettings {
  readonly environment: LogEnvironment;
  readonly processors: readonly LogRecordProcessor[];
  /** Whether none of them keeps a record. */
  readonly readsAtOnce: boolean;
  readonly isShutDown: () => boolean;
}

/** Of a record that may be emitted. */
export interface EnabledOptions {
  readonly context?: Context;
  readonly severityNumber?: SeverityNumber;
  readonly eventName?: string;
}

export class Logger implements ApiLogger {
  readonly scope: InstrumentationScope;
  readonly #settings: LoggerSettings;
  // Where no processor keeps a record, each is this one.
  readonly #passing: RecordedLogRecord;
  // Reading a record's values may emit another.
  #isPassing = false;
  #config: LoggerConfig;

  constructor(scope: InstrumentationScope, settings: LoggerSettings, config: LoggerConfig = {}) {
    this.scope = scope;
    this.#settings = settings;
    this.#passing = new RecordedLogRecord(settings.environment, scope);
    this.#config = config;
  }

  configure(config: LoggerConfig = {}): void {
    this.#config = config;
  }

  /** Whether a record like this would lead to anything. Source: logs SDK specification, "Enabled". */
  enabled(options: EnabledOptions = {}): boolean {
    const { processors, isShutDown } = this.#settings;
    const context = options.context ?? activeContext();
    if (isShutDown() || !this.#passes(options.severityNumber, context)) return false;
    return processors.some((processor) => isInterested(processor, { ...options, context }, this.scope));
  }

  emit(record: LogRecord): void {
    const { processors, isShutDown } = this.#settings;
    if (isShutDown()) return;
    const context = record.context ?? activeContext();
    if (!this.#passes(record.severityNumber, context)) return;
    const recorded = this.#recordToTake();
    try {
      recorded.take(record, context);
      for (const processor of processors) processor.onEmit(recorded, context);
    } catch (thrown) {
      diag.error(`a log record was lost: ${messageOf(thrown)}`);
    }
    if (recorded === this.#passing) this.#isPassing = false;
  }

  #recordToTake(): RecordedLogRecord {
    const { environment, readsAtOnce } = this.#settings;
    if (!readsAtOnce || this.#isPassing) return new RecordedLogRecord(environment, this.scope);
    this.#isPassing = true;
    return this.#passing;
  }

  #passes(severityNumber: SeverityNumber | undefined, context: Context): boolean {
    const { enabled, minimumSeverity, traceBased } = this.#config;
    if (enabled === false) return false;
    const severity = severityNumber ?? 0;
    if (minimumSeverity !== undefined && severity !== 0 && severity < minimumSeverity) return false;
    return traceBased !== true || identityOfContext(context)?.isSampled !== false;
  }
}

/** A processor is the user's code: where it throws, the record is made. */
function isInterested(processor: LogRecordProcessor, options: EnabledOptions, scope: InstrumentationScope): boolean {
  try {
    return processor.enabled?.({ ...options, instrumentationScope: scope }) ?? true;
  } catch (thrown) {
    diag.error(`a log record processor failed at enabled: ${messageOf(thrown)}`);
    return true;
  }
}
