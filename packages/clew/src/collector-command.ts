/** `clew collector`: the collector alone. */
import { readFile } from "node:fs/promises";
import { systemClock } from "@clew/base";
import { builtinComponents, consoleLogger, loadConfig, startCollector } from "@clew/collector";
import type { Terminal } from "./main.ts";
import { configFiles } from "./options.ts";
import { aborted } from "./aborted.ts";

export async function runCollector(args: readonly string[], terminal: Terminal): Promise<void> {
  const texts = await Promise.all(configFiles(args).map((file) => readFile(file, "utf8")));
  const collector = await startCollector({
    config: loadConfig(texts, terminal.env),
    components: builtinComponents(),
    logger: consoleLogger({ write: terminal.error, nowMs: () => systemClock.nowMs() }),
  });
  await aborted(terminal.stop);
  await collector.shutdown();
}
