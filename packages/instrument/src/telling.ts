import { isMainThread } from "node:worker_threads";
import { writeErrorLine } from "@clew/sdk";
import type { Environment } from "./instrumentation.ts";
import type { Report } from "./report.ts";
import { readBoolean, readText } from "./settings.ts";
import { VERSION } from "./version.ts";

/** Levels of `OTEL_LOG_LEVEL`, which is `info` by default, at which nothing is told of what went well. */
const SILENT_LEVELS: ReadonlySet<string> = new Set(["none", "error", "warn"]);
/** So long an application has to load what it uses, before it is told what of that was instrumented. */
const LOADING_MS = 1_000;

/**
 * Tells on standard error what was instrumented, what was not, and why: in one line when the application has loaded, and with
 * `OTEL_NODE_EXPLAIN` in full when the process ends.
 */
export class Telling {
  readonly #report: Report;
  readonly #complete: () => void;
  readonly #isExplained: boolean;
  #hasLineToTell: boolean;

  /** `complete` is called before something is told, to put into the report what only shows afterwards. */
  constructor(report: Report, env: Environment, complete: () => void) {
    this.#report = report;
    this.#complete = complete;
    this.#isExplained = readBoolean(env, "OTEL_NODE_EXPLAIN", false);
    this.#hasLineToTell = isMainThread && !SILENT_LEVELS.has(readText(env, "OTEL_LOG_LEVEL")?.toLowerCase() ?? "");
  }

  start(): void {
    if (this.#hasLineToTell) setTimeout(() => this.#tellLine(), LOADING_MS).unref();
    if (this.#hasLineToTell || this.#isExplained) process.once("exit", () => this.end());
  }

  /** When the process ends, however early. */
  end(): void {
    this.#tellLine();
    if (!this.#isExplained) return;
    this.#complete();
    writeErrorLine(this.#report.explanation());
  }

  #tellLine(): void {
    if (!this.#hasLineToTell) return;
    this.#hasLineToTell = false;
    this.#complete();
    writeErrorLine(`@clew/instrument ${VERSION} in process ${process.pid}: ${this.#report.summary()}`);
  }
}
