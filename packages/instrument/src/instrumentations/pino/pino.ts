/** Pino: the span's ids in each line, and each line as a log record, after pino's serializers and redaction. */
import type { LogAttributes, LogRecord } from "@opentelemetry/api-logs";
import type { Telemetry } from "../../instrumentation.ts";
import { type LogBridge, logBridge } from "../../logs/log-bridge.ts";
import { exceptionAttributes } from "../../logs/serialized-error.ts";
import { severityOfNumber } from "../../logs/severity.ts";
import { activeTraceFields, correlatesLogs } from "../../logs/trace-fields.ts";

interface Logger {
  readonly levels?: { readonly labels?: Readonly<Record<number, string>> };
}

type AsJson = (this: Logger, object: unknown, message: unknown, level: number, time: string) => string;

interface Tools {
  asJson: AsJson;
}

/** What the fields of a line that have a place of their own in a record are called. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "level",
  "time",
  "pid",
  "hostname",
  "trace_id",
  "span_id",
  "trace_flags",
]);

let bridge: LogBridge | undefined;
let correlates: boolean;

export function start(telemetry: Telemetry): void {
  bridge = logBridge(telemetry);
  correlates = correlatesLogs(telemetry.env);
}

/** Every line, of whichever logger, is made by this function; the logger's prototype takes it from here. */
export function patch(tools: never): void {
  patchAsJson(tools);
}

function patchAsJson(tools: Tools): void {
  const { asJson } = tools;
  tools.asJson = function (object, message, level, time) {
    const line = asJson.call(this, object, message, level, time);
    bridge?.emit(() => recordOf(this, line, message, level));
    return correlates ? withTraceFields(line) : line;
  };
}

/** Before the brace that closes the line, where pino would put what a `mixin` adds. */
function withTraceFields(line: string): string {
  const fields = activeTraceFields();
  const end = line.lastIndexOf("}");
  if (fields === undefined || end < 0 || line.includes('"trace_id":')) return line;
  const { trace_id, span_id, trace_flags } = fields;
  const comma = line[end - 1] === "{" ? "" : ",";
  const added = `${comma}"trace_id":"${trace_id}","span_id":"${span_id}","trace_flags":"${trace_flags}"`;
  return `${line.slice(0, end)}${added}${line.slice(end)}`;
}

function recordOf(logger: Logger, line: string, message: unknown, level: number): LogRecord {
  const attributes: LogAttributes = {};
  const fields = JSON.parse(line) as Readonly<Record<string, LogAttributes[string]>>;
  for (const [key, value] of Object.entries(fields)) {
    if (key === "err") Object.assign(attributes, exceptionAttributes(value));
    else if (!OWN_FIELDS.has(key) && !(value === message && typeof message === "string")) attributes[key] = value;
  }
  const severityText = logger.levels?.labels?.[level];
  return {
    timestamp: Date.now(),
    severityNumber: severityOfNumber(level),
    ...(severityText !== undefined && { severityText }),
    ...(typeof message === "string" && { body: message }),
    attributes,
  };
}
