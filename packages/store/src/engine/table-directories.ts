/** The files of the embedded engine's tables, as far as the program must know them: `store/55c/55c7c63e-…/PART`. */
import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DATABASE } from "./engine-configuration.ts";
import { ROLLUP_TABLE_NAMES } from "../schema/tables.ts";
import { syncDirectory } from "../sync-directory.ts";
import { writeDurably } from "../write-durably.ts";

/** `20261127_1_5_2`: partition, first and last block, how often it was merged, and perhaps the mutation it went through. */
const PART = /^(?!tmp|delete_tmp)([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
const DEFINITION = ".sql";
const DEDUPLICATION_LOGS = "deduplication_logs";
/** What was done, the part's name, the block's id. */
const DEDUPLICATION_RECORD = /^[12]\t(\S+)\t\S+$/;

interface Part {
  readonly name: string;
  readonly partition: string;
  readonly first: number;
  readonly last: number;
}

export class TableDirectories {
  readonly #data: string;
  // directory --> when it was changed, as of the last sync
  readonly #synced = new Map<string, bigint>();

  /** `data` is what the engine has as its path. */
  constructor(data: string) {
    this.#data = data;
  }

  /** Makes durable which tables and parts there are: the engine syncs a part, and not the name that leads to it. */
  async sync(): Promise<void> {
    const store = join(this.#data, "store");
    const groups = (await namesIn(store)).map((name) => join(store, name));
    const tables = (await this.#all()).map((table) => join(store, table));
    const databases = join(this.#data, "metadata");
    for (const directory of [join(this.#data, ".."), this.#data, databases, store, ...groups, ...tables])
      await this.#syncIfChanged(directory);
  }

  /** The last block of each table, by its directory. */
  async lastBlocks(): Promise<Record<string, number>> {
    const last: Record<string, number> = {};
    for (const table of (await this.#ours()).values())
      last[table] = Math.max(0, ...(await this.#partsOf(table)).map((part) => part.last));
    return last;
  }

  /** The names of the tables into which something was inserted since `lastBlocks`. */
  async tablesBeyond(lastBlocks: Readonly<Record<string, number>>): Promise<Set<string>> {
    const now = await this.lastBlocks();
    return new Set([...(await this.#ours())].flatMap(([name, at]) => (now[at]! > (lastBlocks[at] ?? 0) ? [name] : [])));
  }

  /** Removes what was inserted since `lastBlocks`, and the memory of it. Only while no engine runs. */
  async removeAfter(lastBlocks: Readonly<Record<string, number>>): Promise<void> {
    for (const [table, last] of Object.entries(lastBlocks)) {
      const parts = await this.#partsOf(table);
      const directory = join(this.#data, "store", table);
      for (const part of parts.filter((one) => isBeyond(one, last, parts)))
        await rm(join(directory, part.name), { recursive: true });
      await this.#forgetAfter(join(directory, DEDUPLICATION_LOGS), last);
      if (existsSync(directory)) await syncDirectory(directory);
    }
  }

  /** Without its record a block is inserted again. A record that a power cut tore goes as well. */
  async #forgetAfter(logs: string, last: number): Promise<void> {
    for (const name of await namesIn(logs)) {
      const path = join(logs, name);
      const lines = (await readFile(path, "latin1")).split("\n").filter((line) => line !== "");
      const kept = lines.filter((line) => {
        const [, part = ""] = DEDUPLICATION_RECORD.exec(line) ?? [];
        return Number(PART.exec(part)?.[3] ?? Infinity) <= last;
      });
      // Made elsewhere: the engine does not start with a file of another name among its logs.
      const next = join(this.#data, "deduplication_log.next");
      if (kept.length < lines.length) await writeDurably(path, kept.map((line) => `${line}\n`).join(""), next);
    }
  }

  async #syncIfChanged(directory: string): Promise<void> {
    const { mtimeNs } = await stat(directory, { bigint: true });
    if (this.#synced.get(directory) === mtimeNs) return;
    await syncDirectory(directory);
    this.#synced.set(directory, mtimeNs);
  }

  /** Where the tables in our database are, by their names, to which only the drain and our views write. */
  async #ours(): Promise<Map<string, string>> {
    const database = await directoryNamedIn(join(this.#data, "metadata", `${DATABASE}.sql`));
    if (database === undefined) return new Map();
    const definitions = join(this.#data, "store", database);
    const tables = new Map<string, string>();
    for (const file of (await namesIn(definitions)).filter((name) => name.endsWith(DEFINITION))) {
      const name = file.slice(0, -DEFINITION.length);
      const table = await directoryNamedIn(join(definitions, file));
      if (table !== undefined && !ROLLUP_TABLE_NAMES.includes(name)) tables.set(name, table);
    }
    return tables;
  }

  /** Directories of tables and databases, below `store`. */
  async #all(): Promise<string[]> {
    const store = join(this.#data, "store");
    const found: string[] = [];
    for (const group of await namesIn(store))
      for (const name of await namesIn(join(store, group))) found.push(join(group, name));
    return found;
  }

  async #partsOf(table: string): Promise<Part[]> {
    return (await namesIn(join(this.#data, "store", table))).flatMap((name) => {
      const [, partition, first, last] = PART.exec(name) ?? [];
      return partition === undefined ? [] : [{ name, partition, first: Number(first), last: Number(last) }];
    });
  }
}

/**
 * Whether a part has anything beyond `last`. One that older blocks were merged into as well goes only while those are
 * still there, as they are for some minutes.
 */
function isBeyond(part: Part, last: number, parts: readonly Part[]): boolean {
  if (part.last <= last) return false;
  if (part.first > last) return true;
  return parts.some((one) => one.partition === part.partition && one.first === part.first && one.last <= last);
}

/** Where below `store` a table or a database is that a file defines: `ATTACH TABLE _ UUID '55c7c63e-…'`. */
async function directoryNamedIn(definition: string): Promise<string | undefined> {
  const text = await readFile(definition, "utf8").catch(() => "");
  const uuid = /^ATTACH \w[\w ]* _ UUID '([\da-f-]+)'/.exec(text)?.[1];
  return uuid === undefined ? undefined : join(uuid.slice(0, 3), uuid);
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
