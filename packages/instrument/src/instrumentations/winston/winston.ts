/** Winston 3: the span's ids in each entry, and each entry as a log record. */
import type { LogRecord } from "@opentelemetry/api-logs";
import type { Telemetry } from "../../instrumentation.ts";
import { type LogBridge, logBridge } from "../../logs/log-bridge.ts";
import { severityOfName } from "../../logs/severity.ts";
import { activeTraceFields, correlatesLogs } from "../../logs/trace-fields.ts";

interface Info {
  readonly level?: unknown;
  readonly message?: unknown;
}

interface Logger {
  readonly silent?: boolean;
  readonly level?: string;
  readonly levels?: Readonly<Record<string, number>>;
}

type Write = (this: Logger, info: unknown, ...rest: unknown[]) => unknown;

let bridge: LogBridge | undefined;
let correlates: boolean;

export function start(telemetry: Telemetry): void {
  bridge = logBridge(telemetry);
  correlates = correlatesLogs(telemetry.env);
}

/** Entries come in by `write`, in their caller's context; later in the stream that may be another's. */
export function patch({ prototype }: never): void {
  patchWrite(prototype);
}

function patchWrite(prototype: { write: Write }): void {
  const { write } = prototype;
  prototype.write = function (info, ...rest) {
    if (typeof info !== "object" || info === null) return write.call(this, info, ...rest);
    if (isWritten(this, info)) bridge?.emit(() => recordOf(info));
    return write.call(this, correlates ? withTraceFields(info) : info, ...rest);
  };
}

function isWritten({ silent, level, levels }: Logger, info: Info): boolean {
  if (silent === true) return false;
  const least = levels?.[level ?? ""];
  const own = levels?.[String(info.level)];
  return least === undefined || own === undefined || own <= least;
}

/** A plain entry is copied, since it may be the application's own; one of a class stays what it is. */
function withTraceFields(info: object): object {
  const fields = activeTraceFields();
  if (fields === undefined) return info;
  const isPlain = Object.getPrototypeOf(info) === Object.prototype;
  return isPlain ? { ...info, ...fields } : Object.isExtensible(info) ? Object.assign(info, fields) : info;
}

function recordOf(info: Info): LogRecord {
  const { level, message, ...rest } = info;
  const severityNumber = severityOfName(String(level));
  const exception = [info, message, ...Object.values(rest)].find((value) => value instanceof Error);
  return {
    timestamp: Date.now(),
    ...(severityNumber !== undefined && { severityNumber }),
    severityText: String(level),
    body: (message instanceof Error ? message.message : message) as string,
    attributes: rest,
    ...(exception !== undefined && { exception }),
  };
}
