/** The console: each line is a log record too. What it prints stays as it is. */
import { format } from "node:util";
import type { LogRecord } from "@opentelemetry/api-logs";
import type { Telemetry } from "../../instrumentation.ts";
import { type LogBridge, logBridge } from "../../logs/log-bridge.ts";
import { severityOfName } from "../../logs/severity.ts";

/** The other methods print by these. */
const METHODS = ["debug", "log", "info", "warn", "error"] as const;

type Print = (this: unknown, ...args: unknown[]) => void;

export function start(telemetry: Telemetry): void {
  const bridge = logBridge(telemetry);
  if (bridge === undefined) return;
  for (const method of METHODS) {
    const print = Reflect.get(console, method) as Print;
    Object.defineProperty(console, method, {
      value: recordingPrint(bridge, method, print),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}

function recordingPrint(bridge: LogBridge, method: string, print: Print): Print {
  const recording: Print = function (...args) {
    bridge.emit(() => recordOf(method, args));
    print.apply(this, args);
  };
  return Object.defineProperty(recording, "name", { value: method });
}

function recordOf(method: string, args: readonly unknown[]): LogRecord {
  const [first] = args;
  const severityText = (method === "log" ? "info" : method).toUpperCase();
  const exception = args.find((arg) => arg instanceof Error);
  return {
    timestamp: Date.now(),
    severityNumber: severityOfName(method)!,
    severityText,
    body: args.length === 1 && typeof first === "string" ? first : format(...args),
    ...(exception !== undefined && { exception }),
  };
}
