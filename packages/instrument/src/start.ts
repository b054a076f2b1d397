import { dirname } from "node:path";
import { startSdk, writeErrorLine } from "@clew/sdk";
import { Conflicts } from "./conflicts.ts";
import { withAliases } from "./environment-aliases.ts";
import type { Environment } from "./instrumentation.ts";
import { isEnabledBy } from "./enabled-instrumentations.ts";
import { Instrumenter } from "./instrumenter.ts";
import { isLauncher } from "./launchers.ts";
import { OfficialInstrumentations } from "./official-instrumentations.ts";
import { INSTRUMENTATIONS } from "./registry.ts";
import { Report } from "./report.ts";
import { readBoolean, readText } from "./settings.ts";
import { VERSION } from "./version.ts";

/** On `globalThis`, so that a second copy of this package in the process finds it. */
const STARTED = Symbol.for("clew.instrument.started");

/** Levels of `OTEL_LOG_LEVEL` at which one line tells what was instrumented; standard output stays the application's. */
const TELLING_LEVELS: ReadonlySet<string> = new Set(["info", "debug", "verbose", "all"]);

/**
 * Starts the SDK from the environment and instruments what is loaded from now on. Does nothing a
 * second time, and nothing in programs that only start others, such as npm. Never throws.
 */
export function start(processEnv: Environment): void {
  const globals = globalThis as Record<symbol, unknown>;
  const main = process.argv[1];
  if (globals[STARTED] === true || (main !== undefined && isLauncher(main))) return;
  globals[STARTED] = true;
  const env = withAliases(processEnv);
  const report = new Report();
  const conflicts = new Conflicts(report);
  const isEnabled = isEnabledBy(env);
  const directories = main === undefined ? [process.cwd()] : [dirname(main), process.cwd()];
  const official = new OfficialInstrumentations({ directories, report, isEnabled });
  const instrumenter = new Instrumenter({
    entries: INSTRUMENTATIONS.filter(({ name }) => isEnabled(name)),
    env,
    report,
    onPackageFile: (file) => conflicts.onPackageFile(file),
    hasOfficial: (name) => official.has(name),
    directories,
  });
  for (const { name } of INSTRUMENTATIONS) {
    if (!isEnabled(name)) report.tell("not instrumented", name, "disabled by the environment");
  }
  startSdk({ env, instrumentations: [instrumenter, official] });
  const level = readText(env, "OTEL_LOG_LEVEL")?.toLowerCase() ?? "";
  if (TELLING_LEVELS.has(level)) writeErrorLine(`@clew/instrument ${VERSION}: ${report.summary()}`);
  if (readBoolean(env, "OTEL_NODE_EXPLAIN", false)) {
    process.once("exit", () => writeErrorLine(report.explanation()));
  }
}
