/**
 * Finds parts of tables that can't be read any more. One that the engine can't open at its start it puts aside by itself;
 * one whose content is damaged makes queries and merges fail, until what can be read of it was copied and it is aside too.
 */
import { messageOf, type Clock } from "@clew/base";
import type { EngineClient } from "../engine/engine-client.ts";
import { DAMAGE_NAMES } from "./damage-errors.ts";
import { finishSalvage, salvage, type DamagedPart } from "./salvage.ts";

const INTERVAL_MS = 60_000;
/** What an error says of where it was: `(while reading from part …/20261127_1_1_0/ in table clew.otel_logs (…`. */
const IN_PART = /reading from part (\S+?)\/? in table clew\.(\w+)/;

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
  #aside = 0;

  constructor(settings: DamagedPartsSettings) {
    this.#settings = settings;
  }

  /** How many are kept aside, of this run and of earlier ones, until somebody removes them. */
  get aside(): number {
    return this.#aside;
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
      const suspects = await this.#suspects();
      try {
        for (const part of suspects) await this.#settings.alone(() => this.#takeOut(part));
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

  /** Parts of our tables that new errors name and that are still there. */
  async #suspects(): Promise<DamagedPart[]> {
    const { client } = this.#settings;
    const errors = await client.rows<readonly [string, string, string]>(
      "SELECT name, toString(value), last_error_message FROM system.errors WHERE name IN ({names:Array(String)})",
      { names: DAMAGE_NAMES },
    );
    const found: DamagedPart[] = [];
    for (const [error, count, message] of errors) {
      const seen = `${count} ${message}`;
      if (this.#seen.get(error) === seen) continue;
      this.#seen.set(error, seen);
      const [, path = "", table = ""] = IN_PART.exec(message) ?? [];
      const name = path.slice(path.lastIndexOf("/") + 1);
      const rows = await client.rows<readonly [string]>(
        `SELECT toString(rows) FROM system.parts
         WHERE database = currentDatabase() AND table = {table:String} AND name = {name:String} AND active`,
        { table, name },
      );
      for (const [count] of rows) found.push({ table, name, rows: Number(count) });
    }
    return found;
  }

  async #takeOut(part: DamagedPart): Promise<void> {
    const { client, report } = this.#settings;
    const kept = await salvage(client, part);
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

const ASIDE = `
  SELECT path FROM system.detached_parts
  WHERE database = currentDatabase() AND reason IN ('', 'broken', 'broken-on-start', 'unexpected')`;
