/** `clew collector`: the collector alone, and what helps with its configuration. */
import { ClewError } from "@clew/base";
import { builtinComponents, componentsYaml, configJsonSchema, featureGates, readConfig } from "@clew/collector";
import type { Terminal } from "../terminal.ts";
import { VERSION } from "../version.ts";
import { configOptions, loadFrom } from "./config-options.ts";
import { explain } from "./explain-command.ts";
import { printConfig } from "./print-config.ts";
import { runReplay } from "./replay-command.ts";
import { runPipelines } from "./run-pipelines.ts";
import { runTap } from "./tap-command.ts";

type Command = (args: readonly string[], terminal: Terminal) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  validate,
  components: (_args, terminal) => Promise.resolve(terminal.out(componentsYaml(builtinComponents(), VERSION))),
  "print-config": printConfig,
  featuregate: listFeatureGates,
  schema: (_args, terminal) =>
    Promise.resolve(terminal.out(`${JSON.stringify(configJsonSchema(builtinComponents()), undefined, 2)}\n`)),
  explain,
  tap: runTap,
  replay: runReplay,
};

export const COLLECTOR_HELP = `An OpenTelemetry Collector.

  clew collector --config URI …           run it; SIGHUP reads the configuration anew
      --config URI        a file, or env:NAME, yaml:TEXT, http://…, https://…; later ones are laid over earlier ones
      --set KEY=VALUE     one setting, such as processors.batch.timeout=2s; laid over all
      --feature-gates G   comma-parted ids; -id turns one off
  clew collector validate --config URI    check a configuration; every fault is told, with its line
  clew collector print-config --config URI [--mode redacted|unredacted] [--format yaml|json]
  clew collector components               list what there is, with its stability
  clew collector schema                   a JSON Schema of the configuration, for editors
  clew collector featuregate [ID]         list feature gates
  clew collector explain --config URI     draw the pipelines
  clew collector explain --live [--address HOST:PORT]
                                          tell how often each OTTL statement of a running collector matched,
                                          changed something and failed
  clew collector tap --pipeline P [--after ID | --before ID] [--address HOST:PORT] [--json]
                                          show live what passes a place in a running collector
  clew collector replay --config URI [--signal traces|metrics|logs] FILE …
                                          run recorded telemetry through a configuration, and tell what each stage
                                          and each OTTL statement did
`;

/** Rejects with what the command meets. */
export async function runCollector(args: readonly string[], terminal: Terminal): Promise<void> {
  const [name = "", ...rest] = args;
  if (args.includes("--help") || args.includes("-h") || name === "help") return terminal.out(COLLECTOR_HELP);
  if (args.includes("--version") || args.includes("-v")) return terminal.out(`clew collector version ${VERSION}\n`);
  if (name.startsWith("-") || name === "") return runPipelines(args, terminal);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new ClewError("USAGE", `unknown command ${JSON.stringify(name)} for "clew collector"`, {
      remedy: `there are ${Object.keys(COMMANDS).join(", ")}`,
    });
  }
  return command(rest, terminal);
}

async function validate(args: readonly string[], terminal: Terminal): Promise<void> {
  readConfig(await loadFrom(configOptions(args), terminal.env), builtinComponents());
}

function listFeatureGates([id]: readonly string[], terminal: Terminal): Promise<void> {
  const listed = featureGates.filter((gate) => id === undefined || gate.id === id);
  if (listed.length === 0) throw new ClewError("USAGE", `feature ${JSON.stringify(id)} not found`);
  const rows = [
    ["ID", "Enabled", "Stage", "Description"],
    ...listed.map((gate) => [gate.id, String(gate.enabled), gate.stage, gate.description]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  terminal.out(rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}\n`).join(""));
  return Promise.resolve();
}
