import { type Context, context as contextApi, diag } from "@opentelemetry/api";
import type {
  Logger as ApiLogger,
  LoggerOptions,
  LoggerProvider as ApiLoggerProvider,
  LogRecord,
} from "@opentelemetry/api-logs";
import { type Clock, messageOf } from "@clew/base";
import { type InstrumentationScope, ScopeRegistry } from "../common/instrumentation-scope.ts";
import { type Drainable, drainAll, type LastRequest } from "../exit/last-request.ts";
import { WallClock } from "../common/wall-clock.ts";
import { defaultResource, type Resource } from "../resource/resource.ts";
import { type LogRecordLimits, logRecordLimitsFromEnvironment } from "./log-record-limits.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import { type LogEnvironment, RecordedLogRecord } from "./recorded-log-record.ts";

export interface LoggerProviderConfig {
  readonly resource?: Resource;
  readonly processors?: readonly LogRecordProcessor[];
  readonly logRecordLimits?: Partial<LogRecordLimits>;
  readonly clock?: Clock;
}

/** Makes loggers, and holds what their records go through. */
export class LoggerProvider implements ApiLoggerProvider, Drainable {
  readonly #processors: readonly LogRecordProcessor[];
  readonly #loggers: ScopeRegistry<ApiLogger>;
  #shutdown: Promise<void> | undefined;

  constructor(config: LoggerProviderConfig = {}) {
    const limits = { ...logRecordLimitsFromEnvironment(), ...config.logRecordLimits };
    const environment: LogEnvironment = {
      clock: config.clock ?? new WallClock(),
      limits: { countLimit: limits.attributeCountLimit, valueLengthLimit: limits.attributeValueLengthLimit },
      resource: config.resource ?? defaultResource(),
    };
    this.#processors = config.processors ?? [];
    this.#loggers = new ScopeRegistry((scope) => this.#createLogger(environment, scope));
  }

  getLogger(name: string, version?: string, options?: LoggerOptions): ApiLogger {
    return this.#loggers.get(name, version, options);
  }

  /** Resolves when every record that was emitted before the call has been exported. */
  forceFlush(): Promise<void> {
    return this.#shutdown ?? this.#await("forceFlush");
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return drainAll(this.#processors, isEnd);
  }

  /** Exports what is left. Records that are emitted afterwards are ignored. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#await("shutdown");
    return this.#shutdown;
  }

  #createLogger(environment: LogEnvironment, scope: InstrumentationScope): ApiLogger {
    return {
      emit: (record: LogRecord) => this.#emit(environment, scope, record),
      enabled: () => this.#shutdown === undefined && this.#processors.length > 0,
    };
  }

  #emit(environment: LogEnvironment, scope: InstrumentationScope, record: LogRecord): void {
    if (this.#shutdown !== undefined) return;
    const context: Context = record.context ?? contextApi.active();
    try {
      const recorded = new RecordedLogRecord(environment, scope, record, context);
      for (const processor of this.#processors) processor.onEmit(recorded, context);
    } catch (thrown) {
      diag.error(`a log record was lost: ${messageOf(thrown)}`);
    }
  }

  async #await(operation: "forceFlush" | "shutdown"): Promise<void> {
    const outcomes = await Promise.allSettled(this.#processors.map(async (processor) => processor[operation]()));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        diag.error(`a log record processor failed at ${operation}: ${messageOf(outcome.reason)}`);
      }
    }
  }
}
