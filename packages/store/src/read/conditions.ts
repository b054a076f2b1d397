import { goRegExp } from "@clew/base";
import type { QueryParameters, QueryValue } from "../engine/query-text.ts";

/** What a filter asks of one attribute. */
export interface AttributeFilter {
  readonly key: string;
  readonly operator: "=" | "!=" | "=~" | "!~" | "exists";
  /** Compared with the value as text; a regular expression (RE2, anywhere in the value) for `=~` and `!~`. */
  readonly value: string;
}

/** Whether an index of attribute values tells where those are that the filter wants. */
export function isInIndex({ operator, value }: AttributeFilter): boolean {
  return operator === "=" && value !== "";
}

/** Nanoseconds since the Unix epoch, from inclusive to exclusive. */
export interface TimeWindow {
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
}

/** Collects a WHERE clause; values go into parameters, so no user's text becomes SQL. */
export class Conditions {
  readonly #clauses: string[] = [];
  readonly #parameters: Record<string, QueryValue> = {};

  /** Adds a clause; `{}` in it stands for the next value, written with its ClickHouse type as `{:String}`. */
  add(clause: string, ...values: readonly QueryValue[]): this {
    let next = 0;
    const text = clause.replaceAll(/\{:([^}]+)\}/g, (_match, type: string) => {
      const name = `p${Object.keys(this.#parameters).length}`;
      this.#parameters[name] = values[next++]!;
      return `{${name}:${type}}`;
    });
    this.#clauses.push(`(${text})`);
    return this;
  }

  within(column: string, { startUnixNano, endUnixNano }: TimeWindow): this {
    const from = `fromUnixTimestamp64Nano(${clamped(startUnixNano)})`;
    const to = `fromUnixTimestamp64Nano(${clamped(endUnixNano)})`;
    return this.add(`${column} >= ${from} AND ${column} < ${to}`);
  }

  /**
   * For spans and log records, which stand hour by hour: the engine reads the window's hours alone only where it is
   * asked for hours.
   */
  withinHours(window: TimeWindow): this {
    this.within("Timestamp", window);
    const { startUnixNano, endUnixNano } = window;
    const hourOf = (nanos: bigint): string => `toStartOfHour(toDateTime(${nanos / NANOS_PER_SECOND}))`;
    if (isDateTime(startUnixNano)) this.add(`toStartOfHour(Timestamp) >= ${hourOf(startUnixNano)}`);
    if (isDateTime(endUnixNano)) this.add(`toStartOfHour(Timestamp) <= ${hourOf(endUnixNano)}`);
    return this;
  }

  /**
   * Holds where any of the maps has an attribute that meets the filter; for `!=` and `!~`, where none has one that does not.
   * `isIndexed`: whether the maps' values have indexes.
   */
  attribute(filter: AttributeFilter, maps: readonly string[], isIndexed = false): this {
    const { key, operator, value } = filter;
    const isNegative = operator === "!=" || operator === "!~";
    const isPattern = operator === "=~" || operator === "!~";
    const tests = maps.map((map) => {
      if (operator === "exists") return { sql: `mapContains(${map}, {:String})`, values: [key] };
      const compared = isPattern ? `match(${map}[{:String}], {:String})` : `${map}[{:String}] = {:String}`;
      // A key that is missing reads as "". To ask for the key as well would read every key of the row.
      if (isPattern ? !mayMatchNothing(value) : value !== "") return { sql: compared, values: [key, value] };
      return { sql: `${compared} AND mapContains(${map}, {:String})`, values: [key, value, key] };
    });
    const clause = tests.map(({ sql }) => `(${sql})`).join(" OR ");
    if (isIndexed && isInIndex(filter)) {
      const has = maps.map((map) => `has(mapValues(${map}), {:String})`);
      this.add(`indexHint(${has.join(" OR ")})`, ...maps.map(() => value));
    }
    return this.add(isNegative ? `NOT (${clause})` : clause, ...tests.flatMap(({ values }) => values));
  }

  get where(): string {
    return this.#clauses.length === 0 ? "1" : this.#clauses.join(" AND ");
  }

  get parameters(): QueryParameters {
    return this.#parameters;
  }
}

/** Whether a regular expression matches the empty text; yes, where only the engine can tell. */
function mayMatchNothing(pattern: string): boolean {
  try {
    return goRegExp(pattern).test("");
  } catch {
    return true;
  }
}

const NANOS_PER_SECOND = 1_000_000_000n;
/** Beyond, in the year 2106, the engine's hours begin again. */
const LAST_DATE_TIME_S = 4_294_960_000n;

function isDateTime(nanos: bigint): boolean {
  return nanos >= 0n && nanos / NANOS_PER_SECOND < LAST_DATE_TIME_S;
}

const LEAST = 0n;
const GREATEST = 9_000_000_000_000_000_000n;

function clamped(nanos: bigint): string {
  const within = nanos < LEAST ? LEAST : nanos > GREATEST ? GREATEST : nanos;
  return `toInt64(${within})`;
}
