/**
 * Finds parts of tables that can't be read any more. One that the engine can't open at its start it puts aside by itself;
 * one whose content is damaged makes queries and merges fail, until what can be read of it was copied and it is aside too.
 */
import { messageOf, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { DAMAGE_NAMES, DISK_NAMES } from "./damage-errors.ts";
import { partsWithDamagedIndexes } from "./damaged-indexes.ts";
import { finishSalvage, readableRows, salvage, type DamagedPart } from "./salvage.ts";

const INTERVAL_MS = 60_000;
/** Where an error says that it was: below `store` the table's directory, and in that the part's. */
const IN_PART = /\/(store\/\w{3}\/[\da-f-]{36}\/\w+\/)/;

/** EIO, as ClickHouse prints it. */
const IO_ERROR = "errno: 5,";

export interface DamagedPartsSettings {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly report: (line: string) => void;
  /** Runs a task when all that was acknowledged is in the tables, while nothing is inserted. */
  readonly alone: (task: () => Promise<void>) => Promise<void>;
}

export class DamagedParts {
  readonly #settings: DamagedPartsSettings;
  // error --> how often it was when it was last looked into, and what it said
  readonly #seen = new Map<string, string>();
  #stopTimer: () => void = () => {};
  #running: Promise<void> | undefined;
  // part --> how many of its rows could be read: all or none, which may have had a reason that passed
  readonly #doubtful = new Map<string, { readonly part: DamagedPart; readonly kept: number }>();
  #aside = 0;
  #diskFailure: string | undefined;

  constructor(settings: DamagedPartsSettings) {
    this.#settings = settings;
  }

  /** How many are kept aside, of this run and of earlier ones, until somebody removes them. */
  get aside(): number {
    return this.#aside;
  }

  /** What the disk did not give since the last time. */
  get diskFailure(): string | undefined {
    return this.#diskFailure;
  }

  start(): void {
    this.#stopTimer = this.#settings.clock.every(INTERVAL_MS, () => void this.look());
    void this.#run(async () => {
      const { alone, client, report } = this.#settings;
      await alone(() => finishSalvage(client));
      for (const path of await this.#countAside()) report(`A damaged part of a table is kept aside: ${path}`);
    });
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#running;
  }

  /** Looks into what the engine could not read since the last time. Never rejects: what fails is reported. */
  look(): Promise<void> {
    return this.#run(async () => {
      this.#diskFailure = (await this.#newErrors(DISK_NAMES)).find((message) => message.includes(IO_ERROR));
      const suspects = new Map((await this.#suspects()).map((part) => [keyOf(part), part]));
      for (const [key, { part, kept }] of this.#doubtful) if (kept === 0) suspects.set(key, part);
      try {
        for (const part of suspects.values()) await this.#settings.alone(() => this.#takeOut(part));
        // Those that came of looking.
        if (suspects.size > 0) await this.#newErrors(DAMAGE_NAMES);
      } catch (error) {
        this.#seen.clear();
        throw error;
      }
    });
  }

  #run(task: () => Promise<void>): Promise<void> {
    const before = this.#running ?? Promise.resolve();
    const done: Promise<void> = before
      .then(task)
      .catch((error: unknown) => this.#settings.report(`Damaged data could not be put aside: ${messageOf(error)}`))
      .finally(() => {
        if (this.#running === done) this.#running = undefined;
      });
    this.#running = done;
    return done;
  }

  /** Parts of our tables that new errors name and that are still there; where one names none, those with a damaged index. */
  async #suspects(): Promise<DamagedPart[]> {
    const places = (await this.#newErrors(DAMAGE_NAMES)).map((message) => IN_PART.exec(message)?.[1]);
    const named = await this.#partsAt(places.filter((place) => place !== undefined));
    return places.includes(undefined) ? [...named, ...(await partsWithDamagedIndexes(this.#settings.client))] : named;
  }

  async #partsAt(places: readonly string[]): Promise<DamagedPart[]> {
    const rows = await this.#settings.client.rows<readonly [string, string, string]>(
      `SELECT table, name, toString(rows) FROM system.parts
       WHERE active AND database = currentDatabase() AND arrayExists(place -> endsWith(path, place), {places:Array(String)})`,
      { places },
    );
    return rows.map(([table, name, count]) => ({ table, name, rows: Number(count) }));
  }

  /** What errors of these names say that came since the last time. */
  async #newErrors(names: readonly string[]): Promise<string[]> {
    const errors = await this.#settings.client.rows<readonly [string, string, string]>(
      "SELECT name, toString(value), last_error_message FROM system.errors WHERE name IN ({names:Array(String)})",
      { names },
    );
    return errors.flatMap(([error, count, message]) => {
      const seen = `${count} ${message}`;
      if (this.#seen.get(error) === seen) return [];
      this.#seen.set(error, seen);
      return [message];
    });
  }

  async #takeOut(part: DamagedPart): Promise<void> {
    const { client, report } = this.#settings;
    const readable = await readableRows(client, part);
    const kept = readable.reduce((sum, [from, to]) => sum + to - from, 0);
    const key = keyOf(part);
    if ((kept === part.rows || kept === 0) && this.#doubtful.get(key)?.kept !== kept) {
      this.#doubtful.set(key, { part, kept });
      return;
    }
    this.#doubtful.delete(key);
    await salvage(client, part, readable);
    await this.#countAside();
    report(
      `A part of ${part.table} is damaged: ${kept} of its ${part.rows} rows were kept, and the part was put aside (${part.name}).`,
    );
  }

  /** Resolves to where they are. */
  async #countAside(): Promise<string[]> {
    const rows = await this.#settings.client.rows<readonly [string]>(ASIDE);
    this.#aside = rows.length;
    return rows.map(([path]) => path);
  }
}

function keyOf({ table, name }: DamagedPart): string {
  return `${table} ${name}`;
}

const ASIDE = `
  SELECT path FROM system.detached_parts
  WHERE database = currentDatabase() AND reason IN ('', 'broken', 'broken-on-start', 'unexpected')`;
