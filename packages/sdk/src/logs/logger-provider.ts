import { diag, type MeterProvider } from "@opentelemetry/api";
import type { LoggerOptions, LoggerProvider as ApiLoggerProvider } from "@opentelemetry/api-logs";
import { type Clock, messageOf } from "@clew/base";
import { type InstrumentationScope, type ScopeOptions, ScopeRegistry } from "../common/instrumentation-scope.ts";
import { type Drainable, drainAll, type LastRequest } from "../exit/last-request.ts";
import { observeAll, type Observed, SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import { held } from "../common/process-hold.ts";
import { configOf } from "../common/scope-configurator.ts";
import { timeReaderOf, WallClock } from "../common/wall-clock.ts";
import { defaultResource, type Resource } from "../resource/resource.ts";
import { type LogRecordLimits, logRecordLimitsFromEnvironment } from "./log-record-limits.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import { Logger } from "./logger.ts";
import type { LoggerConfig, LoggerConfigurator } from "./logger-configurator.ts";
import type { LogEnvironment } from "./recorded-log-record.ts";

export interface LoggerProviderConfig {
  readonly resource?: Resource;
  readonly processors?: readonly LogRecordProcessor[];
  readonly logRecordLimits?: Partial<LogRecordLimits>;
  readonly loggerConfigurator?: LoggerConfigurator;
  /** Where the SDK's own metrics of log records go; nowhere unless given. */
  readonly meterProvider?: MeterProvider;
  readonly clock?: Clock;
}

/** As the logs API called the attributes of a scope once. */
interface OlderOptions {
  readonly scopeAttributes?: ScopeOptions["attributes"];
}

/** Makes loggers, and holds what their records go through. */
export class LoggerProvider implements ApiLoggerProvider, Drainable, SelfObserved {
  readonly #processors: readonly LogRecordProcessor[];
  readonly #environment: LogEnvironment;
  readonly #loggers: ScopeRegistry<Logger>;
  #configurator: LoggerConfigurator | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(config: LoggerProviderConfig = {}) {
    const limits = { ...logRecordLimitsFromEnvironment(), ...config.logRecordLimits };
    const environment: LogEnvironment = {
      clock: timeReaderOf(config.clock ?? new WallClock()),
      limits: {
        countLimit: limits.attributeCountLimit,
        valueLengthLimit: limits.attributeValueLengthLimit,
        valueDepthLimit: limits.attributeValueDepthLimit,
      },
      resource: config.resource ?? defaultResource(),
      createdCount: 0,
    };
    this.#processors = config.processors ?? [];
    this.#configurator = config.loggerConfigurator;
    this.#environment = environment;
    if (config.meterProvider !== undefined) this.observeWith(new SdkObserver(config.meterProvider));
    const settings = {
      environment,
      processors: this.#processors,
      readsAtOnce: this.#processors.every(({ readsAtOnce }) => readsAtOnce === true),
      isShutDown: () => this.#shutdown !== undefined,
    };
    this.#loggers = new ScopeRegistry((scope) => new Logger(scope, settings, this.#configOf(scope)));
  }

  getLogger(name: string, version?: string, options: LoggerOptions & ScopeOptions & OlderOptions = {}): Logger {
    const { schemaUrl, scopeAttributes, attributes = scopeAttributes } = options;
    return this.#loggers.get(name, version, { schemaUrl, attributes });
  }

  /** Applies to the loggers that there are, too. */
  setLoggerConfigurator(configurator: LoggerConfigurator | undefined): void {
    this.#configurator = configurator;
    for (const logger of this.#loggers.values()) logger.configure(this.#configOf(logger.scope));
  }

  observeWith(observer: SdkObserver): void {
    const read = (): Observed[] => [{ value: this.#environment.createdCount }];
    observer.counter(
      "otel.sdk.log.created",
      "{log_record}",
      "The number of logs submitted to enabled SDK Loggers.",
      read,
    );
    observeAll(this.#processors, observer);
  }

  /** Resolves when every record that was emitted before the call has been exported. */
  forceFlush(): Promise<void> {
    return this.#shutdown ?? held(this.#await("forceFlush"));
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return drainAll(this.#processors, isEnd);
  }

  /** Exports what is left. Records that are emitted afterwards are ignored. */
  shutdown(): Promise<void> {
    this.#shutdown ??= held(this.#await("shutdown"));
    return this.#shutdown;
  }

  #configOf(scope: InstrumentationScope): LoggerConfig | undefined {
    return configOf("logger", this.#configurator, scope);
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
