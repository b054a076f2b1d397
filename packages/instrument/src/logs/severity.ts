import type { SeverityNumber } from "@opentelemetry/api-logs";

/** Source: logs data model, "SeverityNumber": 1 TRACE, 5 DEBUG, 9 INFO, 13 WARN, 17 ERROR, 21 FATAL, and steps between. */
const BY_NAME: Readonly<Record<string, SeverityNumber>> = {
  silly: 1,
  trace: 1,
  verbose: 5,
  debug: 5,
  http: 6,
  info: 9,
  log: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  crit: 21,
  alert: 22,
  emerg: 23,
  fatal: 21,
};

/** Of a level by its name: npm's, syslog's, the console's. */
export function severityOfName(level: string): SeverityNumber | undefined {
  return BY_NAME[level.toLowerCase()];
}

/** Of a level by its number, as pino and bunyan count: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export function severityOfNumber(level: number): SeverityNumber {
  if (level >= 60) return 21;
  if (level >= 50) return 17;
  if (level >= 40) return 13;
  if (level >= 30) return 9;
  return level >= 20 ? 5 : 1;
}
