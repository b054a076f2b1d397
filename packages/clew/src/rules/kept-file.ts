import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ClewError, messageOf } from "@clew/base";
import type { StateFile } from "@clew/rules";

/** A small file of JSON, which a crash leaves as it was or as it is to be. */
export function keptFile(path: string): StateFile {
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw unreadable(path, error);
      });
      if (text !== undefined) checkJson(path, text);
      return text;
    },
    async write(text) {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(`${path}.new`, "w");
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
  };
}

function checkJson(path: string, text: string): void {
  try {
    if (Array.isArray(JSON.parse(text))) return;
  } catch (error) {
    throw unreadable(path, error);
  }
  throw unreadable(path, new Error("it is no list"));
}

function unreadable(path: string, cause: unknown): ClewError {
  return new ClewError("ALERT_STATE_UNREADABLE", messageOf(cause), {
    path,
    remedy: "put back a copy, or remove the file: silences, or what receivers were told, are then forgotten",
    cause,
  });
}
