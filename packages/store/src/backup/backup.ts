/** Copies of all that is stored, in a directory of their own, made and put back by the embedded engine. */
import { randomUUID } from "node:crypto";
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClewError } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { FORMAT } from "../schema/migrations/index.ts";
import { refuseNewer } from "../schema/migrate.ts";
import { writeDurably } from "../write-durably.ts";

const POLL_MS = 200;
const NOTED_POLL_MS = 5;
const MANIFEST = "clew-backup.json";
const DATA = "data";

export interface BackupManifest {
  readonly format: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly bytes: number;
}

export interface BackupPlace {
  readonly client: EngineClient;
  /** Where the engine may read and write backups. */
  readonly engineBackups: string;
}

/** Runs a task while no table changes. */
export type Unchanged = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * Copies what the engine has to `target`, which must be empty or not there. All tables are as they were at one moment: they
 * are unchanged while the engine notes what is to be copied, not while it is. The copy is whole when it has its manifest.
 * Throws `BACKUP_TARGET_TAKEN`, `BACKUP_FAILED`, or what the file system throws.
 */
export async function backUp(
  { client, engineBackups }: BackupPlace,
  target: string,
  { nowMs, unchanged }: { readonly nowMs: number; readonly unchanged: Unchanged },
): Promise<BackupManifest> {
  if ((await entriesOf(target)).length > 0)
    throw new ClewError("BACKUP_TARGET_TAKEN", "the directory is not empty", {
      path: target,
      remedy: "name one that is empty or does not exist",
    });
  const name = `backup-${randomUUID()}`;
  const made = join(engineBackups, name);
  try {
    const bytes = await finished(client, await unchanged(() => noted(client, name)));
    await mkdir(target, { recursive: true, mode: 0o700 });
    await moveTree(made, join(target, DATA));
    await syncTree(join(target, DATA));
    const manifest = { format: FORMAT, createdAt: new Date(nowMs).toISOString(), bytes };
    await writeDurably(join(target, MANIFEST), `${JSON.stringify(manifest)}\n`);
    return manifest;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Throws `BACKUP_UNKNOWN` where the directory has no whole backup, and `STORE_FORMAT_NEWER`. */
export async function manifestOf(source: string): Promise<BackupManifest> {
  let manifest: Partial<BackupManifest>;
  try {
    manifest = JSON.parse(await readFile(join(source, MANIFEST), "utf8")) as Partial<BackupManifest>;
  } catch (error) {
    throw noBackup(source, error);
  }
  const { format, createdAt = "", bytes = 0 } = manifest;
  if (!Number.isInteger(format)) throw noBackup(source);
  refuseNewer(format);
  return { format: format!, createdAt, bytes };
}

/** Makes the database of the backup, which must not exist. Throws `BACKUP_FAILED`; what was made of it then stays. */
export async function restoreDatabase({ client, engineBackups }: BackupPlace, source: string): Promise<void> {
  const name = `restore-${randomUUID()}`;
  const copy = join(engineBackups, name);
  try {
    await mkdir(engineBackups, { recursive: true });
    await cp(join(source, DATA), copy, { recursive: true });
    await finished(client, await begun(client, `RESTORE DATABASE clew FROM File('${name}') ASYNC`));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Begins a backup, and waits until the engine knows which parts of tables are in it. */
async function noted(client: EngineClient, name: string): Promise<string> {
  const before = await timeSpentNoting(client);
  const id = await begun(client, `BACKUP DATABASE clew TO File('${name}') ASYNC`);
  while ((await progressOf(client, id)).isRunning && (await timeSpentNoting(client)) === before)
    await pause(NOTED_POLL_MS);
  return id;
}

/** Counted when the engine has what belongs into a backup, before it copies that. */
async function timeSpentNoting(client: EngineClient): Promise<string> {
  const [[spent] = ["0"]] = await client.rows<readonly [string]>(
    "SELECT toString(sum(value)) FROM system.events WHERE event = 'BackupEntriesCollectorMicroseconds'",
  );
  return spent;
}

/** Resolves to the id of what the engine does. */
async function begun(client: EngineClient, statement: string): Promise<string> {
  const [[id] = [""]] = await client.started(statement);
  return id;
}

/** Waits for what the engine does; resolves to how many bytes it was. */
async function finished(client: EngineClient, id: string): Promise<number> {
  for (;;) {
    const { isRunning, bytes } = await progressOf(client, id);
    if (!isRunning) return bytes;
    await pause(POLL_MS);
  }
}

/** Throws `BACKUP_FAILED`. */
async function progressOf(client: EngineClient, id: string): Promise<{ isRunning: boolean; bytes: number }> {
  const [[status, error, bytes] = ["", "the engine knows nothing of it", "0"]] = await client.rows<
    readonly [string, string, string]
  >("SELECT status, error, total_size FROM system.backups WHERE id = {id:String}", { id });
  const isRunning = status === "CREATING_BACKUP" || status === "RESTORING";
  if (isRunning || status === "BACKUP_CREATED" || status === "RESTORED") return { isRunning, bytes: Number(bytes) };
  throw new ClewError("BACKUP_FAILED", error, { remedy: "see that the disk has room, and try again" });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function noBackup(source: string, cause?: unknown): ClewError {
  return new ClewError("BACKUP_UNKNOWN", `there is no ${MANIFEST} that names a format`, {
    path: source,
    remedy: "name a directory that clew backup made to the end",
    cause,
  });
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function moveTree(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await cp(from, to, { recursive: true });
  }
}

async function syncTree(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) for (const name of await readdir(path)) await syncTree(join(path, name));
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
