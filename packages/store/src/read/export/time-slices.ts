/** Parts a table by time into pieces that fit into memory, whatever it holds. */
import type { EngineClient, QueryParameters } from "../../engine/engine-client.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";

/** A piece has at most so many rows, and so many bytes as the engine counts them, unless one row has more. */
export interface PieceLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows to read: those of `where`, in an order that leaves no choice, `limit` of them behind `offset`. */
export interface Piece {
  readonly where: string;
  readonly parameters: QueryParameters;
  readonly limit: number;
  readonly offset: number;
}

export interface SlicedTable {
  readonly name: string;
  /** Whether its rows stand hour by hour, so that asking for hours reads less. */
  readonly isHourly: boolean;
  /** An expression of a row's bytes; reads all wide columns, so it is asked only where few rows are left. */
  readonly bytes: string;
}

/** Nanoseconds as the engine keeps them: what is beyond 2^63 stands below zero. */
const NANOS = "toUnixTimestamp64Nano(Timestamp)";
/** Into so many parts is a window divided that has too much. */
const PARTS = 64n;

interface Measured extends TimeWindow {
  readonly rows: number;
  /** Undefined where it was not asked. */
  readonly bytes: number | undefined;
}

export class TimeSlices {
  readonly #client: EngineClient;
  readonly #table: SlicedTable;
  readonly #limits: PieceLimits;
  readonly #condition: () => Conditions;

  /** `condition` makes what every row must meet, anew each time that it is asked. */
  constructor(client: EngineClient, table: SlicedTable, limits: PieceLimits, condition: () => Conditions) {
    this.#client = client;
    this.#table = table;
    this.#limits = limits;
    this.#condition = condition;
  }

  /** From the oldest to the newest. Rejects with the engine's error. */
  async *pieces(window: TimeWindow | undefined): AsyncGenerator<Piece> {
    for (const { day, ...whole } of await this.#days()) {
      const startUnixNano =
        window === undefined ? whole.startUnixNano : later(whole.startUnixNano, window.startUnixNano);
      const endUnixNano = window === undefined ? whole.endUnixNano : earlier(whole.endUnixNano, window.endUnixNano);
      if (startUnixNano < endUnixNano) yield* this.#parted(day, { ...whole, startUnixNano, endUnixNano });
    }
  }

  /** When the first row is and behind the last; undefined where there is none. */
  async bounds(): Promise<TimeWindow | undefined> {
    const days = await this.#days();
    if (days.length === 0) return undefined;
    return {
      startUnixNano: days.map((one) => one.startUnixNano).reduce(earlier),
      endUnixNano: days.map((one) => one.endUnixNano).reduce(later),
    };
  }

  /** The engine knows this of its partitions without reading any row, where there is no condition. */
  async #days(): Promise<(Measured & { readonly day: number })[]> {
    const condition = this.#condition();
    const rows = await this.#client.rows<readonly [number, string, string, string]>(
      `SELECT toUInt16(toDate(Timestamp)) AS day, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), count()
       FROM ${this.#table.name} WHERE ${condition.where} GROUP BY day ORDER BY min(Timestamp)`,
      condition.parameters,
    );
    return rows.map(([day, first, last, count]) => ({
      day,
      startUnixNano: BigInt(first),
      endUnixNano: BigInt(last) + 1n,
      rows: Number(count),
      bytes: undefined,
    }));
  }

  async *#parted(day: number, window: Measured): AsyncGenerator<Piece> {
    const { startUnixNano, endUnixNano } = window;
    const divided = (endUnixNano - startUnixNano + PARTS - 1n) / PARTS;
    let gathered: Measured | undefined;
    for (const part of await this.#measured(day, window, divided > 0n ? divided : 1n)) {
      const joined: Measured = gathered === undefined ? part : together(gathered, part);
      if (this.#fits(joined)) {
        gathered = joined;
        continue;
      }
      if (gathered !== undefined) yield this.#piece(day, gathered);
      gathered = undefined;
      if (this.#fits(part)) gathered = part;
      else if (part.endUnixNano - part.startUnixNano > 1n) yield* this.#parted(day, part);
      else yield* this.#paged(day, part);
    }
    if (gathered !== undefined) yield this.#piece(day, gathered);
  }

  /** What each part of the window has; empty ones are left out. */
  async #measured(day: number, window: Measured, widthNanos: bigint): Promise<Measured[]> {
    const isWeighed =
      window.rows <= this.#limits.rows * Number(PARTS) || window.endUnixNano - window.startUnixNano <= PARTS;
    const condition = this.#within(day, window);
    const rows = await this.#client.rows<readonly [string, string, string]>(
      `SELECT intDiv(${NANOS} - toInt64('${window.startUnixNano}'), toInt64(${widthNanos})) AS part, count(), ${isWeighed ? `sum(${this.#table.bytes})` : "0"}
       FROM ${this.#table.name} WHERE ${condition.where} GROUP BY part ORDER BY part`,
      condition.parameters,
    );
    return rows.map(([part, count, bytes]) => {
      const startUnixNano = window.startUnixNano + BigInt(part) * widthNanos;
      return {
        startUnixNano,
        endUnixNano: earlier(startUnixNano + widthNanos, window.endUnixNano),
        rows: Number(count),
        bytes: isWeighed ? Number(bytes) : undefined,
      };
    });
  }

  #fits({ rows, bytes }: Measured): boolean {
    return bytes !== undefined && rows <= this.#limits.rows && (bytes <= this.#limits.bytes || rows === 1);
  }

  #piece(day: number, window: Measured): Piece {
    const { where, parameters } = this.#within(day, window);
    return { where, parameters, limit: window.rows, offset: 0 };
  }

  /** A single nanosecond that has too much. */
  *#paged(day: number, window: Measured): Generator<Piece> {
    const { rows, bytes = 0 } = window;
    const byBytes = Math.floor((rows * this.#limits.bytes) / Math.max(1, bytes));
    const limit = Math.max(1, Math.min(this.#limits.rows, byBytes));
    const { where, parameters } = this.#within(day, window);
    for (let offset = 0; offset < rows; offset += limit) yield { where, parameters, limit, offset };
  }

  #within(day: number, window: TimeWindow): Conditions {
    const { startUnixNano, endUnixNano } = window;
    const condition = this.#condition()
      .add(`toDate(Timestamp) = toDate(toUInt16(${day}))`)
      .add(`${NANOS} >= toInt64('${startUnixNano}') AND ${NANOS} < toInt64('${endUnixNano}')`);
    // Only where the engine's own times reach, which hours are made of.
    if (startUnixNano < 0n || !this.#table.isHourly) return condition;
    return condition.withinHours(window);
  }
}

function together(a: Measured, b: Measured): Measured {
  return {
    startUnixNano: a.startUnixNano,
    endUnixNano: b.endUnixNano,
    rows: a.rows + b.rows,
    bytes: a.bytes === undefined || b.bytes === undefined ? undefined : a.bytes + b.bytes,
  };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
