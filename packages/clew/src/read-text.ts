import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";

/** Rejects with `FILE_UNREADABLE`. `what` is what the file should be: "a file of rules". */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ClewError("FILE_UNREADABLE", messageOf(cause), {
      path,
      remedy: `name ${what} that this user may read`,
      cause,
    });
  }
}
