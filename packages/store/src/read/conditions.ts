import type { QueryParameters } from "../engine/engine-client.ts";

/** What a filter asks of one attribute. */
export interface AttributeFilter {
  readonly key: string;
  readonly operator: "=" | "!=" | "=~" | "!~" | "exists";
  /** Compared with the value as text; a regular expression (RE2, anywhere in the value) for `=~` and `!~`. */
  readonly value: string;
}

/** Nanoseconds since the Unix epoch, from inclusive to exclusive. */
export interface TimeWindow {
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
}

/** A span's duration in nanoseconds. One that ends before it starts is kept as it came, wrapped below zero; it counts as 0. */
export const DURATION = "if(Duration >= 9223372036854775808, 0, Duration)";

/** Collects a WHERE clause; values go into parameters, so no user's text becomes SQL. */
export class Conditions {
  readonly #clauses: string[] = [];
  readonly #parameters: Record<string, unknown> = {};

  /** Adds a clause; `{}` in it stands for the next value, written with its ClickHouse type as `{:String}`. */
  add(clause: string, ...values: readonly unknown[]): this {
    let next = 0;
    const text = clause.replaceAll(/\{:([^}]+)\}/g, (_match, type: string) => {
      const name = `p${Object.keys(this.#parameters).length}`;
      this.#parameters[name] = values[next++];
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

  /** Holds where any of the maps has an attribute that meets the filter; for `!=` and `!~`, where none has one that does not. */
  attribute({ key, operator, value }: AttributeFilter, maps: readonly string[]): this {
    const negative = operator === "!=" || operator === "!~";
    const test = (map: string): string => {
      if (operator === "exists") return `mapContains(${map}, {:String})`;
      if (operator === "=" || operator === "!=")
        return `${map}[{:String}] = {:String} AND mapContains(${map}, {:String})`;
      return `match(${map}[{:String}], {:String}) AND mapContains(${map}, {:String})`;
    };
    const values = operator === "exists" ? [key] : [key, value, key];
    const clause = maps.map((map) => `(${test(map)})`).join(" OR ");
    return this.add(negative ? `NOT (${clause})` : clause, ...maps.flatMap(() => values));
  }

  get where(): string {
    return this.#clauses.length === 0 ? "1" : this.#clauses.join(" AND ");
  }

  get parameters(): QueryParameters {
    return this.#parameters;
  }
}

const LEAST = 0n;
const GREATEST = 9_000_000_000_000_000_000n;

function clamped(nanos: bigint): string {
  const within = nanos < LEAST ? LEAST : nanos > GREATEST ? GREATEST : nanos;
  return `toInt64(${within})`;
}
