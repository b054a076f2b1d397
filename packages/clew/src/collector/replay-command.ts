/** `clew collector replay`: recorded telemetry through a configuration. */
import { readFile } from "node:fs/promises";
import { ClewError, messageOf, systemClock } from "@clew/base";
import { builtinComponents, consoleLogger, recordedPayloads, replay } from "@clew/collector";
import { SIGNALS } from "@clew/otlp";
import type { Terminal } from "../terminal.ts";
import { configOptions, loadFrom } from "./config-options.ts";

/** Its own metrics would want a port. */
const QUIET = "service::telemetry::metrics::level: none";

/** Rejects with `USAGE`, `CONFIG_INVALID` or `REPLAY_UNREADABLE`. */
export async function runReplay(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = configOptions(args, { signal: { type: "string" } }, true);
  const signal = SIGNALS.find((one) => one === options.values["signal"]);
  if (signal === undefined && options.values["signal"] !== undefined)
    throw new ClewError("USAGE", `expected one of ${SIGNALS.join(", ")}`, { path: "--signal" });
  if (options.positionals.length === 0)
    throw new ClewError("USAGE", "no file is named", { remedy: "name recorded data" });
  const files = await Promise.all(options.positionals.map((file) => contentOf(file)));
  const payloads = await Promise.all(files.map(({ file, bytes }) => recordedPayloads(file, bytes, signal)));
  const report = await replay({
    config: await loadFrom(options, terminal.env, [QUIET]),
    components: builtinComponents(),
    payloads: payloads.flat(),
    logger: consoleLogger({ write: terminal.error, nowMs: () => systemClock.nowMs(), level: "error" }),
    nowMs: systemClock.nowMs(),
  });
  terminal.out(report);
}

async function contentOf(file: string): Promise<{ file: string; bytes: Buffer }> {
  try {
    return { file, bytes: await readFile(file) };
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), {
      path: file,
      remedy: "name a file that we may read",
      cause,
    });
  }
}
