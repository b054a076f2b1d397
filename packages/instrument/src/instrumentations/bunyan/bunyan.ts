/** Bunyan: the span's ids in each record of its own, which is a log record too. */
import type { LogAttributes, LogRecord } from "@opentelemetry/api-logs";
import type { Telemetry } from "../../instrumentation.ts";
import { type LogBridge, logBridge } from "../../logs/log-bridge.ts";
import { exceptionAttributes } from "../../logs/serialized-error.ts";
import { severityOfNumber } from "../../logs/severity.ts";
import { activeTraceFields, correlatesLogs } from "../../logs/trace-fields.ts";

type Fields = Record<string, LogAttributes[string]>;
type Emit = (this: unknown, fields: Fields, noEmit?: boolean) => unknown;

const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};
const EMIT = "_emit";

let bridge: LogBridge | undefined;
let correlates: boolean;

export function start(telemetry: Telemetry): void {
  bridge = logBridge(telemetry);
  correlates = correlatesLogs(telemetry.env);
}

export function patch({ prototype }: never): void {
  patchEmit(prototype);
}

/** Bunyan has made `fields` for this one call, so they can be added to. `noEmit` asks for the text alone. */
function patchEmit(prototype: Record<typeof EMIT, Emit>): void {
  const emit = prototype[EMIT];
  prototype[EMIT] = function (fields, noEmit) {
    if (noEmit !== true) bridge?.emit(() => recordOf(fields));
    if (correlates) Object.assign(fields, activeTraceFields());
    return emit.call(this, fields, noEmit);
  };
}

function recordOf(fields: Fields): LogRecord {
  const { v: _version, level, time: _time, pid: _pid, hostname: _host, msg, err, ...rest } = fields;
  const severityText = LEVELS[level as number];
  return {
    timestamp: Date.now(),
    severityNumber: severityOfNumber(level as number),
    ...(severityText !== undefined && { severityText }),
    ...(msg !== undefined && { body: msg }),
    attributes: { ...rest, ...exceptionAttributes(err) },
  };
}
