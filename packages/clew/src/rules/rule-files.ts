import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import { glob } from "@clew/collector";
import type { RuleFile } from "@clew/rules";

/** The files that paths and patterns name, as they are now. Rejects with `FILE_UNREADABLE`. */
export async function readRuleFiles(patterns: readonly string[]): Promise<readonly RuleFile[]> {
  const found = await Promise.all(
    patterns.map(async (pattern) => (/[*?[{]/.test(pattern) ? glob(pattern) : [pattern])),
  );
  return Promise.all([...new Set(found.flat())].map(async (path) => ({ path, text: await textOf(path) })));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), {
      path,
      remedy: "name a file of rules that this user may read",
      cause,
    });
  }
}
