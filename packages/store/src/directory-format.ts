/** The format of a data directory, and the snapshot that is taken of it before it changes. */
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClewError } from "@clew/base";
import type { FormatRecord } from "./schema/migrate.ts";
import { FORMAT } from "./schema/migrations/index.ts";
import { linkTree } from "./link-tree.ts";
import { writeDurably } from "./write-durably.ts";

/** What a directory has that was made before it said so. */
const FIRST_FORMAT = 1;
/** As the engine merges parts away, a snapshot begins to take room of its own. */
const SNAPSHOT_KEPT_MS = 7 * 24 * 3_600_000;

/** The format in the directory's file `format`. */
export function directoryFormat(directory: string): FormatRecord {
  const path = join(directory, "format");
  return {
    async read() {
      const text = existsSync(path) ? (await readFile(path, "utf8")).trim() : undefined;
      if (text === undefined) return existsSync(join(directory, "engine", "data")) ? FIRST_FORMAT : undefined;
      const format = Number(text);
      if (Number.isInteger(format) && format > 0) return format;
      throw new ClewError("STORE_FORMAT_UNKNOWN", `expected a number, found ${JSON.stringify(text.slice(0, 40))}`, {
        path,
        remedy: "write the number of the format that the data has, or restore the directory from a backup",
      });
    },
    async write(format) {
      await writeDurably(path, `${format}\n`);
    },
  };
}

/**
 * Keeps the directory as it is before a migration, beside it, in `snapshots/format-N`, while no
 * engine runs. Files that are never changed are linked, so it takes no room until the engine
 * merges them away. A snapshot of an earlier try is kept: what it has is older, and whole.
 * Resolves to its path, or undefined where there is nothing to migrate.
 */
export async function snapshotBeforeMigration(
  directory: string,
  found: number | undefined,
  latest: number = FORMAT,
): Promise<string | undefined> {
  if (found === undefined || found >= latest) return undefined;
  const snapshots = join(directory, "snapshots");
  const snapshot = join(snapshots, `format-${found}`);
  if (existsSync(snapshot)) return snapshot;
  const partial = `${snapshot}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (const part of ["engine/data", "spool"]) {
    if (existsSync(join(directory, part))) await linkTree(join(directory, part), join(partial, part));
  }
  await writeDurably(join(partial, "format"), `${found}\n`);
  await rename(partial, snapshot);
  return snapshot;
}

/** Removes snapshots that were taken more than a week ago. */
export async function removeOldSnapshots(directory: string, nowMs: number): Promise<void> {
  const snapshots = join(directory, "snapshots");
  if (!existsSync(snapshots)) return;
  for (const name of await readdir(snapshots)) {
    const path = join(snapshots, name);
    if ((await stat(path)).mtimeMs < nowMs - SNAPSHOT_KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}
