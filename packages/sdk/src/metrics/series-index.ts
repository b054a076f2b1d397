import type { Attributes } from "@opentelemetry/api";
import { type AnyValue, copyValue } from "../common/any-value.ts";

/** Specification, "Overflow attribute". */
const OVERFLOW: Attributes = { "otel.metric.overflow": true };
/** The same attributes may come in many orders; so many paths are kept for each series on average. */
const PATHS_PER_SERIES = 8;

class PathNode<Series> {
  /** The key that comes next on almost every path through this node; other keys are in `others`. */
  key: string | undefined;
  values: Map<unknown, PathNode<Series>> | undefined;
  others: Map<string, Map<unknown, PathNode<Series>>> | undefined;
  series: Series | undefined;

  child(key: string, value: unknown): PathNode<Series> | undefined {
    return key === this.key ? this.values?.get(value) : this.others?.get(key)?.get(value);
  }

  childrenFor(key: string): Map<unknown, PathNode<Series>> {
    if (this.key === undefined) {
      this.key = key;
      this.values = new Map();
    }
    if (this.key === key) return (this.values ??= new Map());
    this.others ??= new Map();
    let values = this.others.get(key);
    if (values === undefined) this.others.set(key, (values = new Map()));
    return values;
  }
}

/**
 * Finds the series of a set of attributes, whatever their order, and makes it on first sight from a
 * copy of them. It holds at most `limit` series: what would exceed that goes to one that is
 * marked as overflow.
 *
 * The attributes, in the order they come in, are a path through a tree: nothing is sorted, joined
 * or hashed for attributes that were seen before in that order.
 */
export class SeriesIndex<Series> {
  readonly #limit: number;
  readonly #create: (attributes: Attributes) => Series;
  readonly #root = new PathNode<Series>();
  #pathCount = 0;
  // sorted attributes as text --> series
  readonly #byIdentity = new Map<string, Series>();
  #overflow: Series | undefined;

  constructor(limit: number, create: (attributes: Attributes) => Series) {
    this.#limit = limit;
    this.#create = create;
  }

  get size(): number {
    return this.#byIdentity.size + (this.#overflow === undefined ? 0 : 1);
  }

  *values(): Generator<Series> {
    yield* this.#byIdentity.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  find(attributes: Attributes): Series {
    let node = this.#root;
    for (const key in attributes) {
      const next = node.child(key, attributes[key]);
      if (next === undefined) return this.#findByIdentity(attributes);
      node = next;
    }
    return node.series ?? this.#findByIdentity(attributes);
  }

  #findByIdentity(attributes: Attributes): Series {
    const entries = sortedCopy(attributes);
    const identity = JSON.stringify(entries, plain);
    let series = this.#byIdentity.get(identity);
    if (series === undefined) {
      // One place is kept for the overflow series itself.
      if (this.#byIdentity.size >= this.#limit - 1) return (this.#overflow ??= this.#create(OVERFLOW));
      series = this.#create(Object.fromEntries(entries) as Attributes);
      this.#byIdentity.set(identity, series);
    }
    if (this.#pathCount < this.#limit * PATHS_PER_SERIES) this.#remember(attributes, series);
    return series;
  }

  #remember(attributes: Attributes, series: Series): void {
    const values = Object.values(attributes);
    // An array is found again by its content only.
    if (values.some((value) => typeof value === "object")) return;
    this.#pathCount++;
    let node = this.#root;
    for (const key in attributes) {
      const children = node.childrenFor(key);
      let next = children.get(attributes[key]);
      if (next === undefined) children.set(attributes[key], (next = new PathNode()));
      node = next;
    }
    node.series = series;
  }
}

function sortedCopy(attributes: Attributes): [string, AnyValue][] {
  const entries: [string, AnyValue][] = [];
  for (const key of Object.keys(attributes).sort()) {
    const copy = copyValue(attributes[key], Infinity);
    if (copy !== undefined && copy !== null) entries.push([key, copy]);
  }
  return entries;
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  return value;
}
