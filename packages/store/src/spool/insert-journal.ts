/**
 * Which segment is being inserted into the embedded engine, and what its tables had before: after a crash, what came
 * of it is removed and it is inserted again. The engine's own memory of inserts (`insert_deduplication_token`) can't tell:
 * it is not synced, and it has an insert before the insert is there.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TableDirectories } from "../engine/table-directories.ts";
import { syncDirectory } from "../sync-directory.ts";
import { writeDurably } from "../write-durably.ts";
import { readFrames } from "./segment.ts";

const FILE = "inserting.json";

interface Entry {
  readonly segment: string;
  /** By the tables' directories. */
  readonly lastBlocks: Readonly<Record<string, number>>;
}

export class InsertJournal {
  readonly #spool: string;
  readonly #tables: TableDirectories;
  #entry: Entry | undefined;
  // of a damaged segment: the tables that have what was inserted of it
  #inserted: { readonly segment: string; readonly tables: ReadonlySet<string> } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #takenBack = 0;

  /** `spool` is the spool's directory. */
  constructor(spool: string, tables: TableDirectories) {
    this.#spool = spool;
    this.#tables = tables;
  }

  /**
   * Whether what was inserted stays, whatever happens. Not while a segment is half inserted, or was taken back and is
   * to be inserted again. To be asked between attempts.
   */
  get isSettled(): boolean {
    return this.#entry === undefined || !existsSync(join(this.#spool, this.#entry.segment));
  }

  /** How often something was taken back, or looked for. */
  get takenBack(): number {
    return this.#takenBack;
  }

  /** To be called before each attempt to insert a segment. */
  begin(segment: string): Promise<void> {
    return this.#afterOthers(async () => {
      // What an earlier attempt inserted is to be taken back as well.
      if (this.#entry?.segment === segment) return;
      const entry = { segment, lastBlocks: await this.#tables.lastBlocks() };
      await writeDurably(join(this.#spool, FILE), `${JSON.stringify(entry)}\n`);
      this.#entry = entry;
    });
  }

  /** To be called after a segment was inserted, before it is removed. */
  commit(): Promise<void> {
    return this.#afterOthers(() => this.#tables.sync());
  }

  /**
   * Whether a segment that is damaged now was inserted into a table before a crash. The engine's tokens can't tell: they
   * are others for another number of blocks.
   */
  wasInserted(segment: string, table: string): boolean {
    return this.#inserted?.segment === segment && this.#inserted.tables.has(table);
  }

  /** Others than the drain wrote to tables or replaced them, so what is known of them is void. */
  forget(): Promise<void> {
    return this.#afterOthers(async () => {
      this.#entry = undefined;
      this.#inserted = undefined;
      await rm(join(this.#spool, FILE), { force: true });
      await syncDirectory(this.#spool);
    });
  }

  /**
   * Takes back what a crash left half inserted. Only while no engine runs. A segment that is gone was inserted whole; one that
   * is damaged may have less than what was inserted of it, so that stays.
   */
  undo(): Promise<void> {
    return this.#afterOthers(async () => {
      const entry = await this.#read();
      if (entry === undefined) return;
      this.#takenBack++;
      const path = join(this.#spool, entry.segment);
      if (!existsSync(path)) return;
      const { damaged, tornBytes } = readFrames(await readFile(path));
      if (damaged === 0 && tornBytes === 0) await this.#tables.removeAfter(entry.lastBlocks);
      else this.#inserted = { segment: entry.segment, tables: await this.#tables.tablesBeyond(entry.lastBlocks) };
      this.#entry = entry;
    });
  }

  async #read(): Promise<Entry | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#spool, FILE), "utf8")) as Entry;
    } catch {
      return undefined; // There is none, or a power cut tore one that nothing came of yet.
    }
  }

  #afterOthers(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }
}
