/** `clew collector --config …`: runs until it is told to stop. */
import { randomUUID } from "node:crypto";
import { systemClock } from "@clew/base";
import { builtinComponents, consoleLogger, ReloadingCollector } from "@clew/collector";
import { aborted } from "../aborted.ts";
import { PIPELINE_TARGET_BYTES, tuneGarbageCollection } from "../garbage-collection.ts";
import type { Terminal } from "../terminal.ts";
import { VERSION } from "../version.ts";
import { configOptions, loadFrom } from "./config-options.ts";

/** Rejects with `USAGE`, `CONFIG_INVALID`, or what a component could not start for. */
export async function runPipelines(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = configOptions(args);
  tuneGarbageCollection(PIPELINE_TARGET_BYTES);
  const collector = await ReloadingCollector.start({
    load: () => loadFrom(options, terminal.env),
    components: builtinComponents(),
    logger: consoleLogger({ write: terminal.error, nowMs: () => systemClock.nowMs(), level: "debug" }),
    resource: { "service.instance.id": randomUUID(), "service.name": "clew", "service.version": VERSION },
  });
  const stopListening = terminal.onReload(() => void collector.reload());
  await aborted(terminal.stop);
  stopListening();
  await collector.shutdown();
}
