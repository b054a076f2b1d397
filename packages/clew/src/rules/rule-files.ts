import { glob } from "@clew/collector";
import type { RuleFile } from "@clew/rules";
import { readText } from "../read-text.ts";
import type { RuleOptions } from "./rule-options.ts";

/** Paths and patterns. */
export type RulePatterns = Pick<RuleOptions, "files" | "optionalFiles">;

/** What can be another while the program runs. */
export type LiveRuleOptions = RulePatterns & Pick<RuleOptions, "alerting">;

/** The files that are named, as they are now. Rejects with `FILE_UNREADABLE`. */
export async function readRuleFiles({ files, optionalFiles }: RulePatterns): Promise<readonly RuleFile[]> {
  const found = await Promise.all([
    ...files.map(async (pattern) => (/[*?[{]/.test(pattern) ? glob(pattern) : [pattern])),
    ...optionalFiles.map((pattern) => glob(pattern)),
  ]);
  const paths = [...new Set(found.flat())];
  return Promise.all(paths.map(async (path) => ({ path, text: await readText(path, "a file of rules") })));
}
