import { diag, DiagLogLevel } from "@opentelemetry/api";

/** Collects what the SDK reports until `stop`. Each line is the level and the message. */
export function collectDiagnostics(): { readonly lines: string[]; stop(): void } {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  diag.setLogger(
    { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug"), verbose: at("verbose") },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  lines.length = 0;
  return { lines, stop: () => diag.disable() };
}
