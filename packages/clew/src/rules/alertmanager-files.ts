import { dirname, resolve } from "node:path";
import { glob } from "@clew/collector";
import type { LoadedConfig } from "@clew/rules";
import { readText } from "../read-text.ts";

/** The configuration and the template files that it names. Rejects with `FILE_UNREADABLE`, or as `patternsOf` throws. */
export async function readAlertmanagerFiles(
  path: string,
  patternsOf: (text: string) => readonly string[],
): Promise<LoadedConfig> {
  const text = await readText(path, "a configuration");
  const patterns = patternsOf(text).map((pattern) => resolve(dirname(path), pattern));
  const paths = (await Promise.all(patterns.map(glob))).flat();
  return { text, templates: await Promise.all(paths.map((one) => readText(one, "a template"))) };
}
