/** `clew test rules FILE…`, with promtool's output. */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { ClewError, goRegExp, messageOf } from "@clew/base";
import { glob } from "@clew/collector";
import { runUnitTests, type RuleFile, type UnitTestSettings } from "@clew/rules";
import { FEATURE_FLAG, toolFeatures } from "./tool-features.ts";
import { parsed, usage } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Rejects with `RULE_TESTS_FAILED` where a test does not pass, and with `USAGE`. */
export async function runTest(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parsed(args, { run: { type: "string", multiple: true }, ...FEATURE_FLAG }, true);
  const [what, ...files] = positionals;
  if (what !== "rules" || files.length === 0)
    throw usage("expected what to test and its files", "write: clew test rules FILE…");
  const features = toolFeatures(values, terminal);
  const names = values["run"] as readonly string[] | undefined;
  const wanted = names === undefined ? undefined : goRegExp(names.join("|"));
  let failed = 0;
  for (const file of files) {
    terminal.out(`Unit Testing:  ${file}\n`);
    const isWanted = (name: string): boolean => wanted === undefined || wanted.test(name);
    const faults = await faultsOf(file, { features, isWanted }, terminal);
    if (faults.length === 0) terminal.out("  SUCCESS\n");
    else {
      terminal.error("  FAILED:\n");
      for (const fault of faults) {
        terminal.error(`${fault}\n`);
        terminal.out("\n");
      }
      failed++;
    }
    terminal.out("\n");
  }
  if (failed > 0)
    throw new ClewError("RULE_TESTS_FAILED", `tests of ${failed} of ${files.length} files do not pass`, {
      remedy: "see the lines above",
    });
}

async function faultsOf(
  file: string,
  settings: Pick<UnitTestSettings, "features" | "isWanted">,
  terminal: Terminal,
): Promise<readonly string[]> {
  try {
    const text = await readFile(file, "utf8");
    return await runUnitTests(text, {
      ...settings,
      readRules: (patterns) => readRules(patterns, dirname(file), terminal),
    });
  } catch (error) {
    return [messageOf(error)];
  }
}

/** Paths are below the folder of the tests' file. */
async function readRules(
  patterns: readonly string[],
  directory: string,
  terminal: Terminal,
): Promise<readonly RuleFile[]> {
  const files: RuleFile[] = [];
  for (const pattern of patterns.map((one) => (isAbsolute(one) ? one : join(directory, one)))) {
    const paths = await glob(pattern);
    if (paths.length === 0) terminal.error(`  WARNING: no file match pattern ${pattern}\n`);
    for (const path of paths) files.push({ path, text: await readFile(path, "utf8") });
  }
  return files;
}
