import { mkdir, open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

/** Makes the names in a directory durable: what was made, renamed or removed there survives a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory where it is missing, and those above it, so that their names survive a power cut. */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode });
  if (first === undefined) return;
  let parent = dirname(first);
  for (const name of relative(parent, directory).split(sep)) {
    await syncDirectory(parent);
    parent = join(parent, name);
  }
}
