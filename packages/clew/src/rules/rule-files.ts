import { glob } from "@clew/collector";
import type { RuleFile } from "@clew/rules";
import { readText } from "../read-text.ts";

/** The files that paths and patterns name, as they are now. Rejects with `FILE_UNREADABLE`. */
export async function readRuleFiles(patterns: readonly string[]): Promise<readonly RuleFile[]> {
  const found = await Promise.all(
    patterns.map(async (pattern) => (/[*?[{]/.test(pattern) ? glob(pattern) : [pattern])),
  );
  const paths = [...new Set(found.flat())];
  return Promise.all(paths.map(async (path) => ({ path, text: await readText(path, "a file of rules") })));
}
