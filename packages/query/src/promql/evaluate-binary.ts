import type { Annotations } from "./annotations.ts";
import { type Binary, isComparison, type SetOperator } from "./ast.ts";
import { changesMetric, combineFloats, combineSamples, compares } from "./binary-values.ts";
import { type Labels, METRIC_NAME } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { METADATA_LABELS, type Sample, Series, SeriesMap } from "./series.ts";

/** Two scalars. A comparison gives 1 or 0. */
export function evaluateScalars({ operator }: Binary, left: Float64Array, right: Float64Array): Float64Array {
  if (isComparison(operator)) return left.map((value, i) => Number(compares(operator, value, right[i] ?? NaN)));
  return left.map((value, i) => combineFloats(operator, value, right[i] ?? NaN) ?? NaN);
}

/** A vector and a scalar, in either order. A comparison keeps the vector's points for which it holds. */
export function evaluateWithScalar(
  expr: Binary,
  vector: readonly Series[],
  scalar: Float64Array,
  scalarIsLeft: boolean,
  annotations: Annotations,
): readonly Series[] {
  const dropName = changesMetric(expr.operator) || expr.returnBool;
  return vector
    .map((series) => {
      const out = new Series(series.labels, scalar.length, dropName || series.dropName);
      for (let step = 0; step < scalar.length; step++) {
        const sample = series.at(step);
        if (sample === undefined) continue;
        const value = scalar[step] ?? NaN;
        const result = scalarIsLeft
          ? combineSamples(expr, value, sample, annotations)
          : combineSamples(expr, sample, value, annotations);
        const kept = result !== undefined && isComparison(expr.operator) ? sample : result;
        const point = expr.returnBool && typeof sample === "number" ? Number(result !== undefined) : kept;
        if (point !== undefined) out.set(step, point);
      }
      return out;
    })
    .filter((out) => !out.isEmpty);
}

/** `and`, `or`, `unless`: which series there are on the other side decides, step by step. */
export function evaluateSet(
  expr: Binary,
  left: readonly Series[],
  right: readonly Series[],
  count: number,
): readonly Series[] {
  const keyOf = matchKey(expr);
  const leftPresent = presence(left, keyOf, count);
  const rightPresent = presence(right, keyOf, count);
  if (expr.operator === "or") {
    const added = right.map((series) =>
      filtered(series, (step) => leftPresent.get(keyOf(series.labels))?.[step] !== 1),
    );
    return mergedSeries([...left, ...added.filter((series) => !series.isEmpty)], count);
  }
  const wanted = expr.operator === ("and" satisfies SetOperator);
  return left
    .map((series) => filtered(series, (step) => (rightPresent.get(keyOf(series.labels))?.[step] === 1) === wanted))
    .filter((series) => !series.isEmpty);
}

/** Series of one label set (from different sides and steps) made into one. */
export function mergedSeries(series: readonly Series[], count: number): readonly Series[] {
  if (new Set(series.map(({ labels, dropName }) => labels.key + String(dropName))).size === series.length)
    return series;
  const out = new SeriesMap(count);
  for (const one of series) {
    const merged = out.get(one.labels, one.dropName);
    for (let step = 0; step < count; step++) {
      const sample = one.at(step);
      if (sample === undefined) continue;
      if (merged.present[step] === 1)
        throw queryError("execution", "vector cannot contain metrics with the same labelset");
      merged.set(step, sample);
    }
  }
  return out.nonEmpty;
}

function filtered(series: Series, keep: (step: number) => boolean): Series {
  const out = new Series(series.labels, series.present.length, series.dropName);
  for (let step = 0; step < series.present.length; step++) {
    const sample = series.at(step);
    if (sample !== undefined && keep(step)) out.set(step, sample);
  }
  return out;
}

function presence(
  series: readonly Series[],
  keyOf: (labels: Labels) => string,
  count: number,
): ReadonlyMap<string, Uint8Array> {
  const present = new Map<string, Uint8Array>();
  for (const one of series) {
    const key = keyOf(one.labels);
    const known = present.get(key) ?? new Uint8Array(count);
    for (let step = 0; step < count; step++) if (one.present[step] === 1) known[step] = 1;
    present.set(key, known);
  }
  return present;
}

function matchKey(expr: Binary): (labels: Labels) => string {
  const pick = matchLabels(expr);
  return (labels) => pick(labels).key;
}

/** The labels by which two series are matched. */
function matchLabels({ matching }: Binary): (labels: Labels) => Labels {
  const names = new Set(matching.on ? matching.labels : [...matching.labels, METRIC_NAME]);
  const known = new Map<Labels, Labels>();
  return (labels) => {
    let picked = known.get(labels);
    if (picked === undefined) known.set(labels, (picked = matching.on ? labels.keeping(names) : labels.without(names)));
    return picked;
  };
}

/** Arithmetic and comparisons of two vectors. The side called "one" has at most one series of a match group at a step. */
export function evaluateVectors(
  expr: Binary,
  left: readonly Series[],
  right: readonly Series[],
  settings: VectorMatchSettings,
): readonly Series[] {
  return new VectorMatch(expr, settings).run(left, right);
}

interface VectorMatchSettings {
  readonly count: number;
  readonly annotations: Annotations;
  /** Whether the names of metrics stay until the query is done. */
  readonly delayedNameRemoval: boolean;
}

class VectorMatch {
  readonly #expr: Binary;
  readonly #count: number;
  readonly #annotations: Annotations;
  readonly #out: SeriesMap;
  readonly #pick: (labels: Labels) => Labels;
  /** `group_right`: the sides change places, and the operands change them back. */
  readonly #swapped: boolean;
  readonly #dropsNames: boolean;
  readonly #resultLabels = new Map<Labels, Map<Labels, Labels>>();

  constructor(expr: Binary, { count, annotations, delayedNameRemoval }: VectorMatchSettings) {
    this.#expr = expr;
    this.#dropsNames = changesMetric(expr.operator) || (expr.returnBool && !delayedNameRemoval);
    this.#count = count;
    this.#annotations = annotations;
    this.#out = new SeriesMap(count);
    this.#pick = matchLabels(expr);
    this.#swapped = expr.matching.cardinality === "one-to-many";
  }

  run(left: readonly Series[], right: readonly Series[]): readonly Series[] {
    const [many, one] = this.#swapped ? [right, left] : [left, right];
    const ones = this.#grouped(one);
    const manies = this.#grouped(many);
    for (const [key, members] of manies) this.#matchGroup(members, ones.get(key) ?? []);
    for (const [key, members] of ones) if (!manies.has(key)) this.#matchGroup([], members);
    return this.#out.nonEmpty;
  }

  #grouped(series: readonly Series[]): ReadonlyMap<string, readonly Series[]> {
    const groups = new Map<string, Series[]>();
    for (const one of series) {
      const { key } = this.#pick(one.labels);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [one]);
      else group.push(one);
    }
    return groups;
  }

  #matchGroup(manies: readonly Series[], ones: readonly Series[]): void {
    const { fillLeft, fillRight } = this.#expr.matching;
    for (let step = 0; step < this.#count; step++) {
      const one = this.#only(ones, step);
      const sample = one?.at(step);
      const seen = new Set<Series>();
      for (const many of manies) {
        const other = many.at(step);
        if (other === undefined) continue;
        if (one !== undefined && sample !== undefined) this.#put(step, many.labels, other, one.labels, sample, seen);
        else if (fillRight !== undefined) {
          this.#put(step, many.labels, other, this.#pick(many.labels), fillRight, seen);
        }
      }
      if (one !== undefined && sample !== undefined && seen.size === 0 && fillLeft !== undefined) {
        this.#put(step, this.#pick(one.labels), fillLeft, one.labels, sample, seen);
      }
    }
  }

  /** The one series of a match group that has a point at a step. Throws where there are two. */
  #only(ones: readonly Series[], step: number): Series | undefined {
    let found: Series | undefined;
    for (const one of ones) {
      if (one.present[step] !== 1) continue;
      if (found === undefined) {
        found = one;
        continue;
      }
      const group = this.#pick(one.labels).toString();
      const pair = [one.labels.toString(), found.labels.toString()].sort().join(", ");
      const side = this.#swapped ? "left" : "right";
      const where = `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${pair}]`;
      const why = "many-to-many matching not allowed: matching labels must be unique on one side";
      throw queryError("execution", `${where};${why}`, { position: this.#expr.position });
    }
    return found;
  }

  #put(step: number, manyLabels: Labels, many: Sample, oneLabels: Labels, one: Sample, seen: Set<Series>): void {
    const { returnBool, matching, operator, position } = this.#expr;
    const [left, right] = this.#swapped ? [one, many] : [many, one];
    const result = combineSamples(this.#expr, left, right, this.#annotations);
    const isMeaningless = result === undefined && !isComparison(operator);
    const wrongTypes =
      typeof left !== typeof right || (typeof left !== "number" && operator !== "==" && operator !== "!=");
    if (isMeaningless || (result === undefined && wrongTypes)) return;
    const series = this.#out.get(this.#labelsOf(manyLabels, oneLabels), returnBool);
    if (matching.cardinality === "one-to-one" && seen.size > 0) {
      const problem = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
      throw queryError("execution", problem, { position });
    }
    if (seen.has(series)) {
      const problem = "multiple matches for labels: grouping labels must ensure unique matches";
      throw queryError("execution", problem, { position });
    }
    seen.add(series);
    const point = returnBool ? Number(result !== undefined) : result;
    if (point === undefined) return;
    if (series.present[step] === 1) {
      throw queryError("execution", "vector cannot contain metrics with the same labelset", { position });
    }
    series.set(step, point);
  }

  #labelsOf(many: Labels, one: Labels): Labels {
    let known = this.#resultLabels.get(many);
    if (known === undefined) this.#resultLabels.set(many, (known = new Map()));
    let labels = known.get(one);
    if (labels === undefined) known.set(one, (labels = this.#makeLabels(many, one)));
    return labels;
  }

  #makeLabels(many: Labels, one: Labels): Labels {
    const { matching } = this.#expr;
    let labels = this.#dropsNames ? many.without(METADATA_LABELS) : many;
    if (matching.cardinality === "one-to-one") {
      const names = new Set(matching.labels);
      labels = matching.on ? labels.keeping(names) : labels.without(names);
    }
    for (const name of matching.include) labels = labels.with(name, one.get(name));
    return labels;
  }
}
