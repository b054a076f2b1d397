import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "./sync-directory.ts";

/**
 * Replaces a small file; after a crash it is the old one or the new one, whole, and once this has resolved the new one.
 * `next` is where it is made, on the same disk.
 */
export async function writeDurably(path: string, text: string, next = `${path}.next`): Promise<void> {
  const file = await open(next, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncDirectory(dirname(path));
}
