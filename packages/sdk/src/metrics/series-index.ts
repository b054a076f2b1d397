import type { Attributes } from "@opentelemetry/api";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { identityOfValue } from "../common/value-identity.ts";
import type { Series } from "./series.ts";

/** The same attributes may come in many orders; so many paths are kept for each series on average. */
const PATHS_PER_SERIES = 8;
const LEAST_PATHS = 1_024;

const NO_VALUE = Symbol("no value yet");

class PathNode {
  /** The key that comes next on almost every path through this node; other keys are in `others`. */
  key: string | undefined = undefined;
  /** The value that came last with that key, and where it leads: most keys have the same value again and again. */
  lastValue: unknown = NO_VALUE;
  lastChild: PathNode | undefined = undefined;
  /** All values of that key, from the second on. */
  values: Map<unknown, PathNode> | undefined = undefined;
  others: Map<string, Map<unknown, PathNode>> | undefined = undefined;
  series: Series | undefined = undefined;

  child(key: string, value: unknown): PathNode | undefined {
    if (key !== this.key) return this.others?.get(key)?.get(value);
    if (value === this.lastValue) return this.lastChild;
    const child = this.values?.get(value);
    if (child === undefined) return undefined;
    this.lastValue = value;
    this.lastChild = child;
    return child;
  }

  /** For what `child` does not find. */
  addChild(key: string, value: unknown): PathNode {
    const child = new PathNode();
    if (this.key === undefined) {
      this.key = key;
    } else if (this.key === key) {
      this.values ??= new Map(this.lastChild && [[this.lastValue, this.lastChild]]);
      this.values.set(value, child);
    } else {
      this.others ??= new Map();
      let values = this.others.get(key);
      if (values === undefined) this.others.set(key, (values = new Map()));
      values.set(value, child);
      return child;
    }
    this.lastValue = value;
    this.lastChild = child;
    return child;
  }
}

export interface SeriesIndexSettings {
  /** Which keys of the attributes count; all when not given. */
  readonly keeps?: ((key: string) => boolean) | undefined;
  /** Makes the series of attributes that are new, which may be kept; `undefined` when it must not be one more. */
  readonly create: (attributes: Attributes) => Series | undefined;
}

/**
 * Finds the series of a set of attributes, whatever their order, and makes it on first sight from a
 * copy of them.
 *
 * The attributes, in the order they come in, are a path through a tree: nothing is sorted, joined
 * or hashed for attributes that were seen before in that order. The tree is a cache; which series
 * there are is in `byIdentity`.
 */
export class SeriesIndex {
  readonly #keeps: ((key: string) => boolean) | undefined;
  readonly #create: (attributes: Attributes) => Series | undefined;
  #root = new PathNode();
  #pathCount = 0;
  #evictedCount = 0;
  // sorted attributes as text --> series
  readonly #byIdentity = new Map<string, Series>();

  constructor({ keeps, create }: SeriesIndexSettings) {
    this.#keeps = keeps;
    this.#create = create;
  }

  /** `undefined` when the attributes are new and there must not be one more series. */
  find(attributes: Attributes): Series | undefined {
    const keeps = this.#keeps;
    let node: PathNode | undefined = this.#root;
    for (const key in attributes) {
      if (keeps !== undefined && !keeps(key)) continue;
      node = node.child(key, attributes[key]);
      if (node === undefined) return this.#findByIdentity(attributes);
    }
    const series = node.series;
    return series === undefined || series.isEvicted ? this.#findByIdentity(attributes) : series;
  }

  /** Forgets the series that are marked as evicted. */
  forgetEvicted(): void {
    for (const [identity, series] of this.#byIdentity) {
      if (!series.isEvicted) continue;
      this.#byIdentity.delete(identity);
      this.#evictedCount++;
    }
    // Their paths are still in the tree. Once they are the larger part, it starts again.
    if (this.#evictedCount <= this.#byIdentity.size) return;
    this.#root = new PathNode();
    this.#pathCount = 0;
    this.#evictedCount = 0;
  }

  #findByIdentity(attributes: Attributes): Series | undefined {
    const entries = this.#sortedCopy(attributes);
    const identity = identityOfValue(entries);
    let series = this.#byIdentity.get(identity);
    if (series === undefined) {
      series = this.#create(Object.fromEntries(entries) as Attributes);
      if (series === undefined) return undefined;
      this.#byIdentity.set(identity, series);
    }
    if (this.#pathCount < Math.max(LEAST_PATHS, this.#byIdentity.size * PATHS_PER_SERIES)) {
      this.#remember(attributes, series);
    }
    return series;
  }

  #remember(attributes: Attributes, series: Series): void {
    let node = this.#root;
    const path: [string, unknown][] = [];
    for (const key in attributes) {
      if (this.#keeps !== undefined && !this.#keeps(key)) continue;
      // An array is found again by its content only.
      if (typeof attributes[key] === "object") return;
      path.push([key, attributes[key]]);
    }
    this.#pathCount++;
    for (const [key, value] of path) node = node.child(key, value) ?? node.addChild(key, value);
    node.series = series;
  }

  #sortedCopy(attributes: Attributes): [string, AnyValue][] {
    const entries: [string, AnyValue][] = [];
    for (const key of Object.keys(attributes).sort()) {
      if (this.#keeps !== undefined && !this.#keeps(key)) continue;
      const copy = copyValue(attributes[key]);
      if (copy !== undefined && copy !== null) entries.push([key, copy]);
    }
    return entries;
  }
}
