/** Where the SDK's own messages go, unless the application has a logger for them: to standard error. */
import { apiGlobal } from "../common/api-global.ts";
import { writeErrorLine } from "../common/standard-streams.ts";
import { diag, type DiagLogger, DiagLogLevel } from "@opentelemetry/api";
import { type Environment, readChoice } from "./environment.ts";

/** A message that says the same again is not printed for so long: a collector that is away would fill the log. */
const REPEAT_AFTER_MS = 60_000;
/** Messages that are remembered for that. */
const MAX_REMEMBERED = 100;

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/** `OTEL_LOG_LEVEL`, `info` unless set; a logger of the application stays unless it is set. */
export function startDiagnostics(env: Environment): void {
  const choice = readChoice(env, "OTEL_LOG_LEVEL", Object.keys(LEVELS) as (keyof typeof LEVELS)[]);
  if (choice === undefined) printDiagnosticsFrom(DiagLogLevel.INFO);
  else diag.setLogger(new StandardErrorLogger(), { logLevel: LEVELS[choice], suppressOverrideMessage: true });
}

/** Prints messages of this level and above, unless the application has a logger. */
export function printDiagnosticsFrom(logLevel: DiagLogLevel): void {
  if (apiGlobal()?.diag === undefined) diag.setLogger(new StandardErrorLogger(), logLevel);
}

/** A line each. Standard output belongs to the application. */
export class StandardErrorLogger implements DiagLogger {
  // Message --> when it was printed last, and how often it came since
  readonly #printed = new Map<string, { atMs: number; repeated: number }>();

  error(message: string, ...args: unknown[]): void {
    this.#print("error", message, args);
  }

  warn(message: string, ...args: unknown[]): void {
    this.#print("warn", message, args);
  }

  info(message: string, ...args: unknown[]): void {
    this.#print("info", message, args);
  }

  debug(message: string, ...args: unknown[]): void {
    this.#print("debug", message, args);
  }

  verbose(message: string, ...args: unknown[]): void {
    this.#print("verbose", message, args);
  }

  #print(level: string, message: string, args: readonly unknown[]): void {
    const text = `opentelemetry ${level}: ${[message, ...args.map(String)].join(" ")}`;
    const nowMs = performance.now();
    const last = this.#printed.get(text);
    if (last !== undefined && nowMs - last.atMs < REPEAT_AFTER_MS) {
      last.repeated++;
      return;
    }
    const repeated = last === undefined || last.repeated === 0 ? "" : ` (${last.repeated} times more meanwhile)`;
    if (this.#printed.size >= MAX_REMEMBERED) this.#printed.clear();
    this.#printed.set(text, { atMs: nowMs, repeated: 0 });
    writeErrorLine(`${text}${repeated}`);
  }
}
