/** `clew collector explain`: draws a configuration's pipelines, or tells what a running collector's statements do. */
import { parseArgs } from "node:util";
import { ClewError, messageOf } from "@clew/base";
import { builtinComponents, explainConfig, readConfig } from "@clew/collector";
import type { Terminal } from "../terminal.ts";
import { configOptions, loadFrom } from "./config-options.ts";
import { askCollector } from "./running-collector.ts";

/** Rejects with `USAGE`, `CONFIG_INVALID`, `COLLECTOR_UNREACHABLE` or `EXPLAIN_UNKNOWN`. */
export async function explain(args: readonly string[], terminal: Terminal): Promise<void> {
  if (args.includes("--live")) return explainLive(args, terminal);
  const config = readConfig(await loadFrom(configOptions(args), terminal.env), builtinComponents());
  terminal.out(explainConfig(config));
}

async function explainLive(args: readonly string[], terminal: Terminal): Promise<void> {
  const path = "/debug/statements";
  const response = await askCollector({ address: addressOf(args), path, signal: terminal.stop });
  if (!response.ok)
    throw new ClewError("EXPLAIN_UNKNOWN", `what answers has no ${path} (status ${response.status})`, {
      remedy: "name where a clew collector serves its own metrics with --address",
    });
  terminal.out(await response.text());
}

function addressOf(args: readonly string[]): string | undefined {
  const options = { live: { type: "boolean" }, address: { type: "string" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values.address;
  } catch (error) {
    throw new ClewError("USAGE", messageOf(error), { remedy: "see clew collector --help" });
  }
}
