/** `clew check rules FILE…`, with promtool's output. */
import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import { duplicateRules, readRuleFile, type RuleGroupConfig } from "@clew/rules";
import type { SyntaxFeatures } from "@clew/query";
import { FEATURE_FLAG, toolFeatures } from "./tool-features.ts";
import { parsed, usage } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Rejects with `RULES_INVALID` where a file is not right, and with `USAGE`. */
export async function runCheck(args: readonly string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = parsed(args, FEATURE_FLAG, true);
  const [what, ...files] = positionals;
  const features = toolFeatures(values, terminal);
  if (what !== "rules" || files.length === 0)
    throw usage("expected what to check and its files", "write: clew check rules FILE…");
  let failed = 0;
  for (const file of files) {
    terminal.out(`Checking ${file}\n`);
    const { errors, groups } = await checked(file, features);
    const remark = errors.length === 0 ? duplicatesText(groups) : undefined;
    const count = groups.reduce((sum, { rules }) => sum + rules.length, 0);
    if (errors.length > 0) terminal.error(`  FAILED:\n${errors.map((error) => `${file}: ${error}\n`).join("")}`);
    else if (remark !== undefined) terminal.error(`  FAILED:\n${remark}\n`);
    else terminal.out(`  SUCCESS: ${count} rules found\n`);
    if (errors.length > 0) failed++;
    terminal.out("\n");
  }
  if (failed > 0)
    throw new ClewError("RULES_INVALID", `${failed} of ${files.length} rule files are not right`, {
      remedy: "see the lines above",
    });
}

async function checked(
  file: string,
  features: SyntaxFeatures,
): Promise<{ readonly errors: readonly string[]; readonly groups: readonly RuleGroupConfig[] }> {
  try {
    return readRuleFile(await readFile(file, "utf8"), features);
  } catch (error) {
    return { errors: [messageOf(error)], groups: [] };
  }
}

/** A remark that does not fail the command, as promtool's does not. */
function duplicatesText(groups: readonly RuleGroupConfig[]): string | undefined {
  const duplicates = duplicateRules(groups);
  if (duplicates.length === 0) return undefined;
  const texts = duplicates.map(({ name, labels }) => {
    const pairs = [...labels].map(([label, value]) => `\t${label}: ${value}\n`).join("");
    return `Metric: ${name}\nLabel(s):\n${pairs}`;
  });
  const count = `lint error ${duplicates.length} duplicate rule(s) found.\n`;
  return `${count}${texts.join("")}Might cause inconsistency while recording expressions`;
}
