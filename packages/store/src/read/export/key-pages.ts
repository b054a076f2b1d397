/**
 * All rows of a table in pages that fit into memory, in the order in which the engine keeps them: a page reads what
 * stands next to where the one before it ended, and nothing else, however much there is.
 */
import type { EngineClient } from "../../engine/engine-client.ts";
import type { QueryValue } from "../../engine/query-text.ts";
import { Conditions, type TimeWindow } from "../conditions.ts";

export interface PageLimits {
  readonly rows: number;
  /** As the engine counts them; a page ends with the block of rows in which it has more. */
  readonly bytes: number;
}

/** A column of the table's order, and how a value of it is written: read with `select`, compared as `value`. */
export interface KeyColumn {
  readonly sql: string;
  readonly select: string;
  readonly value: string;
}

export interface OrderedTable {
  readonly name: string;
  /** The table's ORDER BY. */
  readonly key: readonly KeyColumn[];
  /** What else tells rows apart, so that their order leaves no choice. */
  readonly ties: string;
  /** Whether its rows stand hour by hour, so that asking for hours reads less. */
  readonly isHourly: boolean;
}

export const TIMESTAMP: KeyColumn = {
  sql: "Timestamp",
  select: "toUnixTimestamp64Nano(Timestamp)",
  value: "fromUnixTimestamp64Nano({:Int64})",
};
export const HOUR: KeyColumn = {
  sql: "toStartOfHour(Timestamp)",
  select: "toUInt32(toStartOfHour(Timestamp))",
  value: "toDateTime({:UInt32})",
};

export function textColumn(sql: string): KeyColumn {
  return { sql, select: sql, value: "{:String}" };
}

export function numberColumn(sql: string): KeyColumn {
  return { sql, select: sql, value: "{:UInt64}" };
}

/**
 * The engine reads rows in the order in which they stand and stops where the page is full, by its rows or its bytes: it
 * handles few at once, does not read ahead (which made it read the rest of the day for each page), and does not put the
 * wide columns together at the end, when it is too late to stop.
 */
const IN_ORDER =
  "max_block_size = 16, result_overflow_mode = 'break', read_in_order_use_buffering = 0, query_plan_optimize_lazy_materialization = 0";

interface Cursor {
  readonly values: readonly QueryValue[];
  /** How many rows with this key were on the pages before. */
  readonly repeats: number;
}

export class KeyPages {
  readonly #client: EngineClient;
  readonly #table: OrderedTable;
  readonly #limits: PageLimits;
  readonly #condition: () => Conditions;

  /** `condition` makes what every row must meet, anew each time that it is asked. */
  constructor(client: EngineClient, table: OrderedTable, limits: PageLimits, condition: () => Conditions) {
    this.#client = client;
    this.#table = table;
    this.#limits = limits;
    this.#condition = condition;
  }

  /** Day by day, each in the table's order. Rejects with the engine's error. */
  async *pages(select: string, window: TimeWindow | undefined): AsyncGenerator<(readonly unknown[])[]> {
    for (const { day, startUnixNano, endUnixNano } of await this.#days()) {
      if (window !== undefined && (endUnixNano <= window.startUnixNano || startUnixNano >= window.endUnixNano))
        continue;
      for (let cursor: Cursor | undefined; ;) {
        const rows = await this.#page(select, day, window, cursor);
        if (rows.length === 0) break;
        cursor = this.#cursorAfter(rows, cursor);
        yield rows;
      }
    }
  }

  /** When the first row is and behind the last; undefined where there is none. */
  async bounds(): Promise<TimeWindow | undefined> {
    const days = await this.#days();
    if (days.length === 0) return undefined;
    return {
      startUnixNano: days.map((one) => one.startUnixNano).reduce((a, b) => (a < b ? a : b)),
      endUnixNano: days.map((one) => one.endUnixNano).reduce((a, b) => (a > b ? a : b)),
    };
  }

  /** The engine knows this of its partitions without reading any row, where there is no condition. */
  async #days(): Promise<(TimeWindow & { readonly day: number })[]> {
    const condition = this.#condition();
    const rows = await this.#client.rows<readonly [number, string, string]>(
      `SELECT toUInt16(toDate(Timestamp)) AS day, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp))
       FROM ${this.#table.name} WHERE ${condition.where} GROUP BY day ORDER BY min(Timestamp)`,
      condition.parameters,
    );
    return rows.map(([day, first, last]) => ({
      day,
      startUnixNano: BigInt(first),
      endUnixNano: BigInt(last) + 1n,
    }));
  }

  async #page(
    select: string,
    day: number,
    window: TimeWindow | undefined,
    cursor: Cursor | undefined,
  ): Promise<(readonly unknown[])[]> {
    const { name, key, ties } = this.#table;
    const condition = this.#condition().add(`toDate(Timestamp) = toDate(toUInt16(${day}))`);
    if (window !== undefined) this.#addWindow(condition, window);
    if (cursor !== undefined) addFrom(condition, key, cursor.values);
    return this.#client.rows(
      `SELECT ${select}, ${key.map((column) => column.select).join(", ")} FROM ${name} WHERE ${condition.where}
       ORDER BY ${key.map(({ sql }) => sql).join(", ")}, ${ties} LIMIT ${this.#limits.rows} OFFSET ${cursor?.repeats ?? 0}
       SETTINGS max_result_bytes = ${this.#limits.bytes}, ${IN_ORDER}`,
      condition.parameters,
    );
  }

  #addWindow(condition: Conditions, window: TimeWindow): void {
    const { startUnixNano, endUnixNano } = window;
    const nanos = TIMESTAMP.select;
    condition.add(`${nanos} >= toInt64('${startUnixNano}') AND ${nanos} < toInt64('${endUnixNano}')`);
    // Only where the engine's own times reach, which hours are made of.
    if (startUnixNano >= 0n && this.#table.isHourly) condition.withinHours(window);
  }

  #cursorAfter(rows: readonly (readonly unknown[])[], before: Cursor | undefined): Cursor {
    const valuesOf = (row: readonly unknown[]): readonly QueryValue[] =>
      row.slice(-this.#table.key.length) as QueryValue[];
    const values = valuesOf(rows.at(-1)!);
    const isSame = (others: readonly unknown[]): boolean => others.every((one, i) => one === values[i]);
    let repeats = 0;
    while (repeats < rows.length && isSame(valuesOf(rows[rows.length - 1 - repeats]!))) repeats++;
    if (repeats === rows.length && before !== undefined && isSame(before.values)) repeats += before.repeats;
    return { values, repeats };
  }
}

/** Rows whose key is that one or a later one, spelled so that the engine skips what stands before. */
function addFrom(condition: Conditions, key: readonly KeyColumn[], from: readonly QueryValue[]): void {
  const values: QueryValue[] = [];
  const clauses = key.map(({ sql, value }, i) => {
    const isLast = i === key.length - 1;
    values.push(from[i]!);
    if (isLast) return `${sql} >= ${value}`;
    values.push(from[i]!);
    return `${sql} > ${value} OR (${sql} = ${value} AND (`;
  });
  condition.add(clauses.join("") + "))".repeat(key.length - 1), ...values);
}
