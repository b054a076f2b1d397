import { SeverityNumber } from "@opentelemetry/api-logs";

const BY_NAME: Readonly<Record<string, SeverityNumber>> = {
  silly: SeverityNumber.TRACE,
  trace: SeverityNumber.TRACE,
  verbose: SeverityNumber.DEBUG,
  debug: SeverityNumber.DEBUG,
  http: SeverityNumber.DEBUG2,
  info: SeverityNumber.INFO,
  log: SeverityNumber.INFO,
  notice: SeverityNumber.INFO2,
  warn: SeverityNumber.WARN,
  warning: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  crit: SeverityNumber.FATAL,
  alert: SeverityNumber.FATAL2,
  emerg: SeverityNumber.FATAL3,
  fatal: SeverityNumber.FATAL,
};

/** Of a level by its name: npm's, syslog's, the console's. */
export function severityOfName(level: string): SeverityNumber | undefined {
  return BY_NAME[level.toLowerCase()];
}

/** Of a level by its number, as pino and bunyan count: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export function severityOfNumber(level: number): SeverityNumber {
  if (level >= 60) return SeverityNumber.FATAL;
  if (level >= 50) return SeverityNumber.ERROR;
  if (level >= 40) return SeverityNumber.WARN;
  if (level >= 30) return SeverityNumber.INFO;
  return level >= 20 ? SeverityNumber.DEBUG : SeverityNumber.TRACE;
}
