/** `clew check rules FILE…`, with promtool's output. */
import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import { readRuleFile } from "@clew/rules";
import { parsed, usage } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Rejects with `RULES_INVALID` where a file is not right, and with `USAGE`. */
export async function runCheck(args: readonly string[], terminal: Terminal): Promise<void> {
  const [what, ...files] = parsed(args, {}, true).positionals;
  if (what !== "rules" || files.length === 0)
    throw usage("expected what to check and its files", "write: clew check rules FILE…");
  let failed = 0;
  for (const file of files) {
    terminal.out(`Checking ${file}\n`);
    const { errors, count } = await checked(file);
    if (errors.length === 0) terminal.out(`  SUCCESS: ${count} rules found\n`);
    else terminal.error(`  FAILED:\n${errors.map((error) => `${file}: ${error}\n`).join("")}`);
    if (errors.length > 0) failed++;
    terminal.out("\n");
  }
  if (failed > 0)
    throw new ClewError("RULES_INVALID", `${failed} of ${files.length} rule files are not right`, {
      remedy: "see the lines above",
    });
}

async function checked(file: string): Promise<{ readonly errors: readonly string[]; readonly count: number }> {
  try {
    const { groups, errors } = readRuleFile(await readFile(file, "utf8"));
    return { errors, count: groups.reduce((sum, { rules }) => sum + rules.length, 0) };
  } catch (error) {
    return { errors: [messageOf(error)], count: 0 };
  }
}
