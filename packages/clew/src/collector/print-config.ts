/** `clew collector print-config`. */
import { ClewError } from "@clew/base";
import { builtinComponents, effectiveConfigText, readConfig } from "@clew/collector";
import type { Terminal } from "../terminal.ts";
import { configOptions, loadFrom } from "./config-options.ts";

/** Prints the configuration as it takes effect. Rejects with `USAGE` or `CONFIG_INVALID`. */
export async function printConfig(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = configOptions(args, { mode: { type: "string" }, format: { type: "string" } });
  const { mode = "redacted", format = "yaml" } = options.values;
  oneOf("mode", mode, ["redacted", "unredacted"]);
  oneOf("format", format, ["yaml", "json"]);
  const components = builtinComponents();
  const loaded = await loadFrom(options, terminal.env);
  readConfig(loaded, components);
  const showsSecrets = mode === "unredacted";
  terminal.out(effectiveConfigText(loaded, components, { showsSecrets, format: format === "json" ? "json" : "yaml" }));
}

function oneOf(flag: string, value: string | boolean | undefined, choices: readonly string[]): void {
  if (choices.includes(String(value))) return;
  throw new ClewError("USAGE", `expected one of ${choices.join(", ")}, got ${JSON.stringify(value)}`, {
    path: `--${flag}`,
  });
}
