import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The text of a file, trimmed; `undefined` when there is no such file, or none that this process may read. */
export async function readLocalFile(root: string | undefined, path: string): Promise<string | undefined> {
  try {
    return (await readFile(join(root ?? "/", path), "utf8")).trim();
  } catch {
    return undefined;
  }
}

/**
 * Whether the firmware of this machine has a name that `vendor` matches. On Linux that is known without asking
 * anybody, in containers too; on Windows only the metadata server can tell, so the answer is yes.
 */
export async function mayBeMachineOf(root: string | undefined, vendor: RegExp): Promise<boolean> {
  if (process.platform === "win32") return true;
  const names = ["sys_vendor", "product_name", "bios_vendor", "bios_version", "board_vendor"];
  const texts = await Promise.all(names.map((name) => readLocalFile(root, `/sys/class/dmi/id/${name}`)));
  return texts.some((text) => text !== undefined && vendor.test(text));
}
