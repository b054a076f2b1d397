import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import {
  LoggerProvider as SdkLoggerProvider,
  type LoggerProviderConfig as SdkConfig,
} from "../logs/logger-provider.ts";
import type { LoggerConfig as SdkLoggerConfig } from "../logs/logger-configurator.ts";

/** Of the two ways to turn a logger off, the official one is `disabled`. */
export interface LoggerConfig extends SdkLoggerConfig {
  /** False */
  readonly disabled?: boolean;
}

export type LoggerConfigurator = (scope: InstrumentationScope) => LoggerConfig | undefined;

export interface LoggerProviderConfig extends Omit<SdkConfig, "loggerConfigurator"> {
  readonly loggerConfigurator?: LoggerConfigurator;
}

/** The provider with the official options. */
export class LoggerProvider extends SdkLoggerProvider {
  constructor(config: LoggerProviderConfig = {}) {
    const { loggerConfigurator, ...rest } = config;
    super(
      loggerConfigurator === undefined
        ? rest
        : { ...rest, loggerConfigurator: (scope) => withEnabled(loggerConfigurator(scope)) },
    );
  }
}

function withEnabled(config: LoggerConfig | undefined): SdkLoggerConfig | undefined {
  return config?.disabled === true ? { ...config, enabled: false } : config;
}
