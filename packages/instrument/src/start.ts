import { dirname } from "node:path";
import { startSdk } from "@clew/sdk";
import { Conflicts } from "./conflicts.ts";
import { withAliases } from "./environment-aliases.ts";
import type { Environment } from "./instrumentation.ts";
import { isEnabledBy } from "./enabled-instrumentations.ts";
import { Instrumenter } from "./instrumenter.ts";
import { isLauncher } from "./launchers.ts";
import { OfficialInstrumentations } from "./official-instrumentations.ts";
import { INSTRUMENTATIONS } from "./registry.ts";
import { Report } from "./report.ts";
import { Telling } from "./telling.ts";

/** On `globalThis`, so that a second copy of this package in the process finds it. */
const STARTED = Symbol.for("clew.instrument.started");

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
  const telling = new Telling(report, env, () => official.tellPatched());
  startSdk({ env, instrumentations: [instrumenter, official], onSignal: () => telling.end() });
  telling.start();
}
