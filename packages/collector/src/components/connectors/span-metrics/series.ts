/** The series of one metric of one resource: by key, with what was counted and when. */
import { nanosOf } from "@clew/base";
import type { Value } from "@clew/otlp";

export type Attributes = readonly (readonly [string, Value])[];

export interface Series<Total> {
  readonly attributes: Attributes;
  readonly startUnixNano: bigint;
  lastSeenMs: number;
  total: Total;
}

const OVERFLOW: Attributes = [["otel.metric.overflow", true]];
const OVERFLOW_KEY = "\0overflow";

export class SeriesMap<Total> {
  readonly #series = new Map<string, Series<Total>>();
  readonly #limit: number;
  readonly #make: () => Total;

  /** `limit` 0 means none. */
  constructor(limit: number, make: () => Total) {
    this.#limit = limit;
    this.#make = make;
  }

  get size(): number {
    return this.#series.size;
  }

  /** The series of `key`, or that of everything beyond the limit. `attributes` is asked when it is new. */
  of(key: string, nowMs: number, attributes: () => Attributes): Series<Total> {
    const known = this.#series.get(key);
    if (known !== undefined) {
      known.lastSeenMs = nowMs;
      return known;
    }
    const isOver = this.#limit > 0 && this.#series.size >= this.#limit && key !== OVERFLOW_KEY;
    if (isOver) return this.of(OVERFLOW_KEY, nowMs, () => OVERFLOW);
    const startUnixNano = nanosOf(nowMs);
    const series = { attributes: attributes(), startUnixNano, lastSeenMs: nowMs, total: this.#make() };
    this.#series.set(key, series);
    return series;
  }

  values(): Iterable<Series<Total>> {
    return this.#series.values();
  }

  /** Forgets those that were last seen before. */
  expire(beforeMs: number): void {
    for (const [key, { lastSeenMs }] of this.#series) if (lastSeenMs < beforeMs) this.#series.delete(key);
  }

  clear(): void {
    this.#series.clear();
  }
}
