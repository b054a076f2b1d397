import type { SeverityNumber } from "@opentelemetry/api-logs";
import { wildcardMatcher } from "../common/wildcard.ts";
import type { LoggerConfig, LoggerConfigurator } from "./logger-provider.ts";

export interface LoggerPattern {
  /** A name of loggers; `*` stands for any characters or none. */
  readonly pattern: string;
  readonly config: LoggerConfig;
}

const UNSPECIFIED: SeverityNumber = 0;
const DEFAULTS = { disabled: false, minimumSeverity: UNSPECIFIED, traceBased: false };

/** The first pattern that a logger's name matches says how it is configured. */
export function createLoggerConfigurator(patterns: readonly LoggerPattern[]): LoggerConfigurator {
  const rules = patterns.map(({ pattern, config }) => ({ matches: wildcardMatcher(pattern), config }));
  return ({ name }) => ({ ...DEFAULTS, ...rules.find(({ matches }) => matches(name))?.config });
}
