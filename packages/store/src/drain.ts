import { messageOf, sleep, type Clock } from "@clew/base";
import { isDisconnected, type EngineClient } from "./engine/engine-client.ts";
import { rowsOf } from "./block/native-block.ts";
import { INSERTED_TABLES } from "./schema/tables.ts";
import { insertStatement } from "./schema/migrations/index.ts";
import { blocksByTarget, readFrames } from "./spool/segment.ts";
import type { InsertJournal } from "./spool/insert-journal.ts";
import type { Spool } from "./spool/spool.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Errors that the same block will meet again: syntax, unreadable data, wrong type. */
const HOPELESS = new Set(["6", "27", "33", "44", "53", "62", "117", "432"]);
/** Unknown table or column: for good in an engine of our own, while a server's owner may mend it. */
const HOPELESS_IN_OWN = new Set(["8", "16", "20", "36", "47", "60", "81"]);
/** Why a file can't be read now that can be read later. */
const PASSING = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

export interface DrainSettings {
  readonly spool: Spool;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Called before a segment is inserted; where it rejects, that is tried again later. */
  readonly beforeInsert: () => Promise<void>;
  /** Called when blocks of a table are in the engine. */
  readonly onInserted: (table: string, blocks: readonly Uint8Array[]) => void;
  /** Called when blocks were acknowledged that will never be in the engine. */
  readonly onRejected: () => void;
  /** Whether the engine's tables are nobody else's. */
  readonly isOwn: boolean;
  /** Of the embedded engine; a server sees to it by itself. */
  readonly journal?: InsertJournal | undefined;
}

/** What was moved into one table since the program began. */
export interface Inserted {
  rows: number;
  bytes: number;
}

/** Moves closed segments into the engine, oldest first; a segment that was inserted before a crash is not inserted twice. */
export class Drain {
  readonly #settings: DrainSettings;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #attempt: Promise<void> | undefined;
  #pause: Promise<unknown> | undefined;
  #failure: string | undefined;
  #triesOnce = false;
  // table --> what was inserted
  readonly #inserted = new Map<string, Inserted>(INSERTED_TABLES.map((table) => [table, { rows: 0, bytes: 0 }]));
  rejectedSegments = 0;

  constructor(settings: DrainSettings) {
    this.#settings = settings;
  }

  /** Why the last attempt failed; undefined where it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get inserted(): Readonly<Record<string, Readonly<Inserted>>> {
    return Object.fromEntries(this.#inserted);
  }

  /** Resolves when no closed segment is left, or after `stop`. Calls while it runs share the run. */
  async run(): Promise<void> {
    if (this.#settings.spool.oldestClosed === undefined) return;
    this.#running ??= this.#drainAll();
    await this.#running;
  }

  /** From now on a run ends with the first attempt that fails. What is left will be drained by the next start. */
  tryOnce(): void {
    this.#triesOnce = true;
    if (this.#failure !== undefined) this.#stopping.abort();
  }

  /** Ends the run after the attempt in hand. What is left will be drained by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Runs `task` while nothing is moved into the engine. Resolves or rejects as it does. */
  async pausedFor<T>(task: () => Promise<T>): Promise<T> {
    const others = this.#pause;
    const work = (async () => {
      await others;
      await this.#attempt?.catch(() => {});
      return task();
    })();
    const pause = work.catch(() => {});
    this.#pause = pause;
    try {
      return await work;
    } finally {
      if (this.#pause === pause) this.#pause = undefined;
    }
  }

  async #drainAll(): Promise<void> {
    const { spool, clock, report } = this.#settings;
    const { signal } = this.#stopping;
    let retryMs = FIRST_RETRY_MS;
    // The run ends in the very step that finds nothing left, so that whoever closes a segment later starts another.
    try {
      for (let name = spool.oldestClosed; name !== undefined && !signal.aborted; name = spool.oldestClosed) {
        while (this.#pause !== undefined) await this.#pause;
        try {
          await (this.#attempt = this.#try(name));
          if (retryMs > FIRST_RETRY_MS && this.#failure !== undefined) report("The engine takes blocks again.");
          retryMs = FIRST_RETRY_MS;
          this.#failure = undefined;
        } catch (error) {
          this.#failure = isDisconnected(error) ? undefined : firstLineOf(messageOf(error));
          // After the first attempts health tells it, and not a line every few seconds.
          if (this.#failure !== undefined && retryMs < LONGEST_RETRY_MS)
            report(`The engine did not take a block, trying again: ${this.#failure}`);
          if (this.#triesOnce) return;
          await sleep(clock, retryMs, signal);
          retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
        }
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #try(name: string): Promise<void> {
    await this.#settings.beforeInsert();
    try {
      await this.#drain(name);
    } catch (error) {
      if (!this.#isHopeless(error)) throw error;
      await this.#putAside(name, `The engine will not take a block: ${messageOf(error)}`);
    }
  }

  async #drain(name: string): Promise<void> {
    const { spool, client, journal, report, onInserted } = this.#settings;
    const segment = await this.#read(name);
    if (segment === undefined) return;
    const { frames, damaged, tornBytes } = readFrames(segment);
    await journal?.begin(name);
    for (const [target, blocks] of blocksByTarget(frames)) {
      const table = tableOf(target);
      if (journal?.wasInserted(name, table) !== true) {
        await client.insert(insertStatement(target), blocks, `${name} ${target}`);
        this.#count(table, blocks);
      }
      onInserted(table, blocks);
    }
    await journal?.commit();
    const isWhole = damaged === 0 && tornBytes === 0 && frames.length > 0;
    if (damaged > 0 || (!isWhole && !spool.mayBeTorn(name)))
      return this.#putAside(name, "A spool file is damaged; the blocks of it that can be read were kept");
    if (tornBytes > 0) report(`A crash cut a spool file short, in a block that was not acknowledged yet (${name}).`);
    await spool.remove(name);
  }

  #count(table: string, blocks: readonly Uint8Array[]): void {
    const inserted = this.#inserted.get(table);
    if (inserted === undefined) return;
    for (const block of blocks) {
      inserted.rows += rowsOf(block);
      inserted.bytes += block.length;
    }
  }

  /** A segment that can't be read can't be drained; undefined then. */
  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await this.#settings.spool.read(name);
    } catch (error) {
      if (PASSING.has(String((error as NodeJS.ErrnoException).code))) throw error;
      await this.#putAside(name, `A spool file can't be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #putAside(name: string, what: string): Promise<void> {
    const { spool, report, onRejected } = this.#settings;
    const path = await spool.putAside(name);
    this.rejectedSegments++;
    report(`${what} (put aside as ${path})`);
    onRejected();
  }

  #isHopeless(error: unknown): boolean {
    const code = (error as { code?: unknown } | undefined)?.code;
    return typeof code === "string" && (HOPELESS.has(code) || (this.#settings.isOwn && HOPELESS_IN_OWN.has(code)));
  }
}

function firstLineOf(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}

function tableOf(target: string): string {
  return target.slice(0, target.indexOf(" "));
}
