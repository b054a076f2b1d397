/**
 * JSON logs by pino. Each line carries the ids of the span it was written in, and goes two ways: to
 * a stream (standard output), and as a log record to OpenTelemetry.
 */
import { trace } from "@opentelemetry/api";
import { type AnyValueMap, type Logger as OtelLogger, SeverityNumber } from "@opentelemetry/api-logs";
import { type Logger, multistream, pino } from "pino";

export type Log = Logger;

const SEVERITIES: Readonly<Record<number, { readonly number: SeverityNumber; readonly text: string }>> = {
  10: { number: SeverityNumber.TRACE, text: "TRACE" },
  20: { number: SeverityNumber.DEBUG, text: "DEBUG" },
  30: { number: SeverityNumber.INFO, text: "INFO" },
  40: { number: SeverityNumber.WARN, text: "WARN" },
  50: { number: SeverityNumber.ERROR, text: "ERROR" },
  60: { number: SeverityNumber.FATAL, text: "FATAL" },
};

/** What a log record has a place of its own for, and what its resource says. */
const OWN_FIELDS = new Set(["level", "time", "msg", "err", "pid", "hostname", "trace_id", "span_id", "trace_flags"]);

interface LineWriter {
  write(line: string): void;
}

export function createLog(otelLogger: OtelLogger, lines: LineWriter = process.stdout): Log {
  const destinations = multistream([{ stream: lines }, { stream: otelDestination(otelLogger) }]);
  return pino({ mixin: spanIds }, destinations);
}

/** The ids of the active span, as log stores expect them in a line. */
function spanIds(): Record<string, string> {
  const spanContext = trace.getActiveSpan()?.spanContext();
  if (spanContext === undefined) return {};
  const { traceId, spanId, traceFlags } = spanContext;
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, "0") };
}

/**
 * A pino destination that makes a log record of each line. pino writes at once, so the span in which
 * the line was written is still the active one, and the record gets its ids from there.
 */
function otelDestination(otelLogger: OtelLogger): LineWriter {
  return {
    write(line) {
      const fields = JSON.parse(line) as AnyValueMap;
      const { level, time, msg, err } = fields;
      const severity = SEVERITIES[Number(level)];
      otelLogger.emit({
        timestamp: Number(time),
        body: msg,
        ...(severity !== undefined && { severityNumber: severity.number, severityText: severity.text }),
        attributes: { ...withoutOwnFields(fields), ...exceptionAttributes(err) },
      });
    },
  };
}

function withoutOwnFields(fields: AnyValueMap): AnyValueMap {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.has(name)));
}

/** pino's serialized error, by the semantic conventions for exceptions. */
function exceptionAttributes(error: unknown): AnyValueMap {
  if (typeof error !== "object" || error === null) return {};
  const { type, message, stack } = error as Readonly<Record<string, string>>;
  return { "exception.type": type, "exception.message": message, "exception.stacktrace": stack };
}
