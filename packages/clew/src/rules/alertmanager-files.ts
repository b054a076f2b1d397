import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { ClewError, messageOf } from "@clew/base";
import { glob } from "@clew/collector";
import type { LoadedConfig } from "@clew/rules";

/** The configuration and the template files that it names. Rejects with `FILE_UNREADABLE`, or as `patternsOf` throws. */
export async function readAlertmanagerFiles(
  path: string,
  patternsOf: (text: string) => readonly string[],
): Promise<LoadedConfig> {
  const text = await textOf(path);
  const patterns = patternsOf(text).map((pattern) => (isAbsolute(pattern) ? pattern : join(dirname(path), pattern)));
  const paths = (await Promise.all(patterns.map(glob))).flat();
  return { text, templates: await Promise.all(paths.map(textOf)) };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), {
      path,
      remedy: "name one that this user may read",
      cause,
    });
  }
}
