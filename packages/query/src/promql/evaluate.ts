import type { Annotations } from "./annotations.ts";
import {
  type Aggregate,
  type Binary,
  type Call,
  type Expr,
  isSetOperator,
  type Subquery,
  unwrapped,
  type VectorSelector,
} from "./ast.ts";
import { evaluateAggregate } from "./evaluate-aggregate.ts";
import { evaluateScalars, evaluateSet, evaluateVectors, evaluateWithScalar, mergedSeries } from "./evaluate-binary.ts";
import { HistogramCall, isHistogramCall } from "./evaluate-histogram-call.ts";
import { evaluateInstantSelector, type InstantTake } from "./evaluate-instant-selector.ts";
import { evaluateSmoothedSelector } from "./evaluate-smoothed-selector.ts";
import { emptyWindows, evaluateRangeCall, type Ranges, countWindows } from "./evaluate-range-call.ts";
import { evaluateCountValues, evaluateSelection } from "./evaluate-selection.ts";
import { FLOAT_FUNCTIONS } from "./float-functions.ts";
import { type Grid, timeOf } from "./grid.ts";
import { HISTOGRAM_FUNCTIONS } from "./histogram-functions.ts";
import { addInfo, infoReference } from "./info-function.ts";
import { absentLabels, labelJoin, labelReplace, stringArgument } from "./label-functions.ts";
import { mapSamples, negated, ones, onlyFloats } from "./map-series.ts";
import { quantileLabelText } from "./quantile-label.ts";
import type { PromqlFeatures } from "./promql-features.ts";
import { SampleCounter } from "./query-statistics.ts";
import { queryError } from "./query-error.ts";
import type { SeriesSamples } from "./querier.ts";
import { columnsOfSamples, columnsOfSeries } from "./sample-columns.ts";
import { Series } from "./series.ts";
import { withoutNames } from "./without-names.ts";
import { sorted } from "./sort-series.ts";
import { durationMs, type QueryTimes, referenceOf, subqueryGrid } from "./timing.ts";
import { typeOf } from "./validate.ts";

interface EvaluationSettings {
  readonly times: QueryTimes;
  /** What the store gave for each selector and each call of `info`. */
  readonly samplesOf: (selector: Expr) => readonly SeriesSamples[];
  readonly annotations: Annotations;
  readonly features: PromqlFeatures;
  /** Called now and then with the number of points just made; throws where the query must end. */
  readonly checkpoint: (points: number) => void;
  /** Counts what selectors see, where somebody wants to know. */
  readonly counter?: SampleCounter | undefined;
}

/** Evaluates expressions over a whole grid at once: a vector is series in columns, a scalar one column. */
export class Evaluation {
  readonly #settings: EvaluationSettings;
  readonly #grid: Grid;

  constructor(settings: EvaluationSettings, grid: Grid) {
    this.#settings = settings;
    this.#grid = grid;
  }

  /** The value of a scalar expression at each step. */
  scalar(expr: Expr): Float64Array {
    switch (expr.kind) {
      case "number":
        return new Float64Array(this.#grid.count).fill(expr.value);
      case "paren":
        return this.scalar(expr.expr);
      case "unary": {
        const values = this.scalar(expr.expr);
        return expr.operator === "-" ? values.map((value) => -value) : values;
      }
      case "binary":
        return evaluateScalars(expr, this.scalar(expr.left), this.scalar(expr.right));
      case "call":
        return this.#scalarCall(expr);
      default:
        throw queryError("execution", `expected a scalar, got ${expr.kind}`, { position: expr.position });
    }
  }

  /** The series of a vector expression, those without a point left out. */
  vector(expr: Expr): readonly Series[] {
    const { delayedNameRemoval } = this.#settings.features;
    const found = this.#vectorOf(expr);
    const series = delayedNameRemoval ? found : withoutNames(found, this.#grid.count, takesRange(expr));
    this.#settings.checkpoint(series.length * this.#grid.count);
    return series;
  }

  #vectorOf(expr: Expr): readonly Series[] {
    switch (expr.kind) {
      case "vector":
        return this.#selector(expr, "samples");
      case "paren":
        return this.vector(expr.expr);
      case "unary":
        return expr.operator === "-" ? this.vector(expr.expr).map(negated) : this.vector(expr.expr);
      case "binary":
        return this.#binary(expr);
      case "aggregate":
        return this.#aggregate(expr);
      case "call":
        return this.#call(expr);
      default:
        throw queryError("execution", `expected an instant vector, got ${expr.kind}`, { position: expr.position });
    }
  }

  /** The same of a range expression that is a whole query. */
  wholeRanges(expr: Expr): Ranges {
    const inner = unwrapped(expr);
    if (inner.kind === "subquery") return this.#wholeSubquery(inner);
    return this.#counted(this.#ranges(expr), true);
  }

  /** The samples that a range expression looks at, and where its windows lie. What is inside a subquery is not counted. */
  #ranges(expr: Expr): Ranges {
    const inner = unwrapped(expr);
    const { times, samplesOf } = this.#settings;
    const { lookbackMs } = times;
    if (inner.kind === "subquery") return this.#readSubquery(inner);
    if (inner.kind !== "matrix") {
      throw queryError("execution", `expected a range vector, got ${inner.kind}`, { position: expr.position });
    }
    return {
      columns: samplesOf(inner.selector).map(columnsOfSamples),
      reference: referenceOf(inner.selector, times),
      rangeMs: durationMs(inner.range, times),
      lookbackMs,
      extension: inner.selector.extension,
      position: expr.position,
    };
  }

  #counted(ranges: Ranges, isRead: boolean): Ranges {
    const { counter, annotations } = this.#settings;
    if (counter !== undefined) countWindows(counter, ranges, { grid: this.#grid, annotations, isRead });
    return ranges;
  }

  /** What it read counts, at the steps that see it; what it saw is counted where its points are. */
  #readSubquery(expr: Subquery): Ranges {
    return this.#subquery(expr, (counter, inside, { reference, rangeMs }) =>
      counter.subquery(inside, reference.offsetMs, rangeMs),
    );
  }

  #wholeSubquery(expr: Subquery): Ranges {
    return this.#subquery(expr, (counter, inside) => counter.window(0, inside.total, inside.totalRead));
  }

  /** `count` adds what was seen inside to what is counted here. */
  #subquery(expr: Subquery, count: (counter: SampleCounter, inside: SampleCounter, ranges: Ranges) => void): Ranges {
    const { times, counter } = this.#settings;
    const grid = subqueryGrid(expr, this.#grid, times);
    const inside = counter && new SampleCounter(grid);
    const evaluation = new Evaluation({ ...this.#settings, counter: inside }, grid);
    const series = grid.count === 0 ? [] : evaluation.vector(expr.expr);
    const ranges: Ranges = {
      columns: series.map((one) => columnsOfSeries(one, grid)),
      reference: referenceOf(expr, times),
      rangeMs: durationMs(expr.range, times),
      lookbackMs: times.lookbackMs,
      extension: undefined,
      position: expr.position,
    };
    if (counter !== undefined && inside !== undefined) count(counter, inside, ranges);
    return ranges;
  }

  #selector(expr: Expr & { kind: "vector" }, take: InstantTake): readonly Series[] {
    const { times, samplesOf } = this.#settings;
    const reference = referenceOf(expr, times);
    if (expr.extension === "smoothed" && take === "samples") {
      const { lookbackMs } = times;
      const { annotations } = this.#settings;
      const settings = { reference, grid: this.#grid, lookbackMs, annotations, position: expr.position };
      return this.#seen(evaluateSmoothedSelector(samplesOf(expr), settings), expr);
    }
    return this.#seen(evaluateInstantSelector(samplesOf(expr), reference, this.#grid, times.lookbackMs, take), expr);
  }

  #seen(series: readonly Series[], { at }: VectorSelector): readonly Series[] {
    this.#settings.counter?.instants(series, at !== undefined);
    return series;
  }

  #binary(expr: Binary): readonly Series[] {
    const { annotations } = this.#settings;
    const leftIsScalar = typeOf(expr.left) === "scalar";
    if (leftIsScalar || typeOf(expr.right) === "scalar") {
      const [vector, scalar] = leftIsScalar ? [expr.right, expr.left] : [expr.left, expr.right];
      return evaluateWithScalar(expr, this.vector(vector), this.scalar(scalar), leftIsScalar, annotations);
    }
    const left = this.vector(expr.left);
    const right = this.vector(expr.right);
    if (isSetOperator(expr.operator)) return evaluateSet(expr, left, right, this.#grid.count);
    const { delayedNameRemoval } = this.#settings.features;
    return evaluateVectors(expr, left, right, { count: this.#grid.count, annotations, delayedNameRemoval });
  }

  #aggregate(expr: Aggregate): readonly Series[] {
    const { annotations } = this.#settings;
    const { operator, parameter } = expr;
    const { count } = this.#grid;
    const series = this.vector(expr.expr);
    if (operator === "count_values") {
      const label = parameter && unwrapped(parameter);
      return evaluateCountValues(expr, label?.kind === "string" ? label.value : "", series, count);
    }
    const values = parameter && this.scalar(parameter);
    if (values !== undefined && operator !== "quantile") {
      return evaluateSelection(expr, series, values, count, annotations);
    }
    return evaluateAggregate(expr, series, values, count, annotations);
  }

  #scalarCall(call: Call): Float64Array {
    const { count } = this.#grid;
    const { times } = this.#settings;
    const constant = (value: number): Float64Array => new Float64Array(count).fill(value);
    const [first, second] = call.args;
    switch (call.func) {
      case "time":
        return constant(0).map((_, step) => timeOf(this.#grid, step) / 1000);
      case "pi":
        return constant(Math.PI);
      case "start":
        return constant(times.startMs / 1000);
      case "end":
        return constant(times.endMs / 1000);
      case "step":
        return constant(times.stepMs / 1000);
      case "range":
        return constant((times.endMs - times.startMs) / 1000);
      case "scalar":
        return first === undefined ? constant(NaN) : onlyFloats(this.vector(first), count);
      default: {
        const [left, right] = [first, second].map((arg) => (arg === undefined ? constant(NaN) : this.scalar(arg)));
        const pick = call.func === "min_of" ? Math.min : Math.max;
        return constant(NaN).map((_, step) => pick(left?.[step] ?? NaN, right?.[step] ?? NaN));
      }
    }
  }

  #call(call: Call): readonly Series[] {
    const [first] = call.args;
    const toFloat = FLOAT_FUNCTIONS.get(call.func);
    if (toFloat !== undefined) return this.#floatCall(call, toFloat);
    const ofHistogram = HISTOGRAM_FUNCTIONS.get(call.func);
    if (first === undefined)
      throw queryError("execution", `unknown function ${call.func}`, { position: call.position });
    if (ofHistogram !== undefined)
      return this.#mapped(first, (sample) => (typeof sample === "number" ? undefined : ofHistogram(sample)));
    if (isHistogramCall(call)) return this.#histogramCall(call);
    const range = call.args.find((arg) => typeOf(arg) === "matrix");
    if (range !== undefined) return this.#rangeCall(call, range);
    return this.#seriesCall(call, first);
  }

  #seriesCall(call: Call, first: Expr): readonly Series[] {
    const { count } = this.#grid;
    switch (call.func) {
      case "vector":
        return [Series.fromColumn(this.scalar(first))];
      case "timestamp":
        return this.#timestamps(first);
      case "start_timestamp": {
        // An expression's points have no start times.
        const inner = unwrapped(first);
        return inner.kind === "vector" ? this.#selector(inner, "starts") : [];
      }
      case "absent": {
        const series = this.vector(first);
        return ones(absentLabels(first), count, (step) => series.every(({ present }) => present[step] !== 1));
      }
      case "label_replace":
        return mergedSeries(labelReplace(call, this.vector(first)), count);
      case "label_join":
        return mergedSeries(labelJoin(call, this.vector(first)), count);
      case "info":
        return addInfo(call, this.vector(first), this.#infoTimes(call), count);
      case "sort":
      case "sort_desc":
      case "sort_by_label":
      case "sort_by_label_desc":
        return this.#sort(call, first);
      default:
        throw queryError("execution", `${call.func}() is not supported`, { position: call.position });
    }
  }

  /** The info series of a call of `info`, their points the times of their samples. */
  #infoTimes(call: Call): readonly Series[] {
    const { times, samplesOf } = this.#settings;
    const samples = samplesOf(call);
    if (samples.some(({ histograms }) => histograms?.some((one) => one !== undefined))) {
      throw queryError("execution", "info sample should be float", { position: call.position });
    }
    return evaluateInstantSelector(samples, infoReference(call, times), this.#grid, times.lookbackMs, "times");
  }

  #sort(call: Call, first: Expr): readonly Series[] {
    const series = this.vector(first);
    if (this.#settings.times.stepMs === 0 || this.#grid.count === 1) return sorted(call, series);
    const ineffective = "sort is ineffective for range queries since results are always ordered by labels";
    this.#settings.annotations.warn(ineffective, call.position);
    return series;
  }

  #floatCall(call: Call, compute: (value: number, parameters: readonly number[]) => number): readonly Series[] {
    const [first, ...rest] = call.args;
    if (first === undefined) {
      const times = new Float64Array(this.#grid.count).map((_, step) => compute(timeOf(this.#grid, step) / 1000, []));
      return [Series.fromColumn(times)];
    }
    const parameters = rest.map((arg) => this.scalar(arg));
    const [lowest, highest] = parameters;
    return this.#mapped(first, (sample, step) => {
      if (typeof sample !== "number") return undefined;
      const isEmptyRange = call.func === "clamp" && (lowest?.[step] ?? NaN) > (highest?.[step] ?? NaN);
      return isEmptyRange
        ? undefined
        : compute(
            sample,
            parameters.map((values) => values[step] ?? NaN),
          );
    });
  }

  #mapped(expr: Expr, compute: Parameters<typeof mapSamples>[2]): readonly Series[] {
    return mapSamples(this.vector(expr), this.#grid.count, compute);
  }

  #timestamps(expr: Expr): readonly Series[] {
    const inner = unwrapped(expr);
    if (inner.kind === "vector") return this.#selector(inner, "times");
    return this.#mapped(expr, (_, step) => timeOf(this.#grid, step) / 1000);
  }

  #rangeCall(call: Call, range: Expr): readonly Series[] {
    const { annotations } = this.#settings;
    const ranges = this.#counted(this.#ranges(range), unwrapped(range).kind === "matrix");
    if (call.func === "absent_over_time") {
      const empty = emptyWindows(ranges, this.#grid, annotations);
      return ones(absentLabels(range), this.#grid.count, (step) => empty[step] === 1);
    }
    const parameters = call.args.filter((arg) => arg !== range).map((arg) => this.scalar(arg));
    const position = call.func === "quantile_over_time" ? (call.args[0]?.position ?? range.position) : ranges.position;
    const checkpoint = (): void => this.#settings.checkpoint(0);
    const { typeAndUnitLabels } = this.#settings.features;
    const settings = { grid: this.#grid, annotations, checkpoint, typeAndUnitLabels };
    return evaluateRangeCall(call, { ...ranges, position }, parameters, settings);
  }

  #histogramCall(call: Call): readonly Series[] {
    const { annotations } = this.#settings;
    const vector = call.args.find((arg) => typeOf(arg) === "vector");
    if (vector === undefined) return [];
    const { delayedNameRemoval: namesMetrics } = this.#settings.features;
    const { position } = vector;
    const settings = { position, grid: this.#grid, annotations, namesMetrics };
    const evaluated = new HistogramCall(this.vector(vector), settings);
    const scalars = call.args.filter((arg) => typeOf(arg) === "scalar");
    if (call.func === "histogram_fraction") {
      const [lower, upper] = scalars.map((arg) => this.scalar(arg));
      if (lower !== undefined && upper !== undefined) evaluated.fraction(lower, upper);
      return evaluated.result;
    }
    for (const scalar of scalars) {
      const qs = this.scalar(scalar);
      const label = stringArgument(call, 1);
      const isMany = call.func === "histogram_quantiles";
      evaluated.quantile(qs, scalar.position, isMany ? [label, quantileLabelText(qs[0] ?? NaN)] : undefined);
    }
    return evaluated.result;
  }
}

/** Whether an expression is a function over ranges. */
function takesRange(expr: Expr): boolean {
  return expr.kind === "call" && expr.args.some((arg) => typeOf(arg) === "matrix");
}
