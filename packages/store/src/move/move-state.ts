/** How far a move of stored data to a server has come, in a file, so that it can go on after any end. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeDurably } from "../write-durably.ts";

/** Rows, and the sum of their hashes, which wraps at 64 bits. */
export interface Totals {
  readonly rows: bigint;
  readonly checksum: bigint;
}

interface MoveRecord {
  /** Part of every insert's token: what was sent before an end is not there twice after it. */
  readonly id: string;
  /** table --> day --> what the server had of it before. */
  readonly before: Record<string, Record<string, readonly [string, string]>>;
  /** table --> part --> rows that the server has of it. */
  readonly moved: Record<string, Record<string, number>>;
  isDone: boolean;
}

export class MoveState {
  readonly #path: string;
  readonly #record: MoveRecord;

  private constructor(path: string, record: MoveRecord) {
    this.#path = path;
    this.#record = record;
  }

  static open(path: string): MoveState {
    if (existsSync(path)) return new MoveState(path, JSON.parse(readFileSync(path, "utf8")) as MoveRecord);
    return new MoveState(path, { id: randomBytes(6).toString("hex"), before: {}, moved: {}, isDone: false });
  }

  get id(): string {
    return this.#record.id;
  }

  get isDone(): boolean {
    return this.#record.isDone;
  }

  async setDone(): Promise<void> {
    this.#record.isDone = true;
    await this.#save();
  }

  /** Undefined until it was set, which happens once. */
  before(table: string): ReadonlyMap<string, Totals> | undefined {
    const days = this.#record.before[table];
    if (days === undefined) return undefined;
    return new Map(
      Object.entries(days).map(([day, [rows, checksum]]) => [day, { rows: BigInt(rows), checksum: BigInt(checksum) }]),
    );
  }

  async setBefore(table: string, days: ReadonlyMap<string, Totals>): Promise<void> {
    this.#record.before[table] = Object.fromEntries(
      [...days].map(([day, { rows, checksum }]) => [day, [String(rows), String(checksum)]]),
    );
    await this.#save();
  }

  moved(table: string, part: string): number {
    return this.#record.moved[table]?.[part] ?? 0;
  }

  async setMoved(table: string, part: string, rows: number): Promise<void> {
    (this.#record.moved[table] ??= {})[part] = rows;
    await this.#save();
  }

  async #save(): Promise<void> {
    await writeDurably(this.#path, JSON.stringify(this.#record));
  }
}
