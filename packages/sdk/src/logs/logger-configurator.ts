import type { SeverityNumber } from "@opentelemetry/api-logs";
import type { ScopeConfig, ScopeConfigurator } from "../common/scope-configurator.ts";

/** Source: logs SDK specification, "LoggerConfig". */
export interface LoggerConfig extends ScopeConfig {
  /** Records below are dropped; those without a severity are not. */
  readonly minimumSeverity?: SeverityNumber;
  /** Whether records in the context of a span that is not sampled are dropped. False */
  readonly traceBased?: boolean;
}
export type LoggerConfigurator = ScopeConfigurator<LoggerConfig>;
