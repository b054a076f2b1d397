import type { Annotations } from "./annotations.ts";
import type { Aggregate } from "./ast.ts";
import { groupsOf } from "./evaluate-aggregate.ts";
import { goFloatText } from "./go-number.ts";
import { goGeneralText } from "./go-float.ts";
import { histogramText } from "./histogram-text.ts";
import { ratioOffset } from "./ratio-sampler.ts";
import { isLabelName } from "./label-functions.ts";
import { quoted } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { type Sample, Series, SeriesMap } from "./series.ts";

interface Candidate {
  readonly series: Series;
  readonly sample: Sample;
  /** Which ratios pick it; only `limit_ratio` asks. */
  readonly ratioOffset: number;
}

/** `topk bottomk limitk limit_ratio`: some of each group's own series, chosen anew at each step. */
export function evaluateSelection(
  expr: Aggregate,
  series: readonly Series[],
  parameter: Float64Array,
  count: number,
  annotations: Annotations,
): readonly Series[] {
  checkParameter(expr, parameter, annotations);
  const chosen = new Map<Series, Series>();
  const offsets = new Map(expr.operator === "limit_ratio" ? series.map((one) => [one, ratioOffset(one.labels)]) : []);
  const groups = groupsOf(expr, series);
  const take = (one: Series, step: number): void => {
    let out = chosen.get(one);
    if (out === undefined) chosen.set(one, (out = new Series(one.labels, count, one.dropName)));
    const sample = one.at(step);
    if (sample !== undefined) out.set(step, sample);
  };
  for (let step = 0; step < count; step++) {
    for (const { members } of groups) {
      if (isFew(expr, members, parameter[step] ?? NaN)) {
        const sign = expr.operator === "topk" ? -1 : 1;
        for (const one of extremes(members, step, Math.trunc(parameter[step] ?? NaN), sign)) take(one, step);
        continue;
      }
      const candidates: Candidate[] = [];
      for (const one of members) {
        const sample = one.at(step);
        if (sample !== undefined) candidates.push({ series: one, sample, ratioOffset: offsets.get(one) ?? 0 });
      }
      for (const { series } of choose(expr, candidates, parameter[step] ?? NaN, annotations)) take(series, step);
    }
  }
  return [...chosen.values()];
}

function checkParameter(
  { operator, parameter: expr, position }: Aggregate,
  parameter: Float64Array,
  annotations: Annotations,
): void {
  const fail = (problem: string): never => {
    throw queryError("execution", problem, { position });
  };
  for (const value of new Set(parameter)) {
    if (operator === "limit_ratio") {
      if (Number.isNaN(value)) fail("Ratio value is NaN");
      const capped = Math.max(-1, Math.min(1, value));
      if (capped === value || expr === undefined) continue;
      const range = `ratio value should be between -1 and 1, got ${goGeneralText(value)}, capping to ${capped}`;
      annotations.warn(range, expr.position);
    } else {
      if (Number.isNaN(value)) fail("Parameter value is NaN");
      if (value <= -(2 ** 63)) fail(`Scalar value ${goFloatText(value)} underflows int64`);
      if (value >= 2 ** 63) fail(`Scalar value ${goFloatText(value)} overflows int64`);
    }
  }
}

function choose(
  { operator, position }: Aggregate,
  candidates: readonly Candidate[],
  parameter: number,
  annotations: Annotations,
): readonly Candidate[] {
  if (operator === "limitk") return candidates.slice(0, Math.max(0, Math.trunc(parameter)));
  if (operator === "limit_ratio") return candidates.filter((one) => isSampled(one.ratioOffset, parameter));
  if (Math.trunc(parameter) < 1) return [];
  const floats = candidates.filter((one): one is Candidate & { sample: number } => typeof one.sample === "number");
  if (floats.length < candidates.length) annotations.info(`ignored histogram in ${operator} aggregation`, position);
  const sign = operator === "topk" ? -1 : 1;
  return floats.sort((a, b) => ranked(a.sample, b.sample, sign)).slice(0, Math.trunc(parameter));
}

/** Above this, sorting all is quicker than keeping a list of the best. */
const FEW = 64;

function isFew({ operator }: Aggregate, members: readonly Series[], parameter: number): boolean {
  const isExtreme = operator === "topk" || operator === "bottomk";
  return isExtreme && parameter >= 1 && parameter < FEW + 1 && !members.some(({ hasHistograms }) => hasHistograms);
}

/** The series with the `wanted` greatest or least floats at a step, best first; of equal ones the earlier. */
function extremes(members: readonly Series[], step: number, wanted: number, sign: number): readonly Series[] {
  const best: Series[] = [];
  const values: number[] = [];
  for (const one of members) {
    if (one.present[step] !== 1) continue;
    const value = one.values[step]!;
    let place = best.length;
    while (place > 0 && ranked(value, values[place - 1]!, sign) < 0) place--;
    if (place === wanted) continue;
    best.splice(place, 0, one);
    values.splice(place, 0, value);
    if (best.length > wanted) {
      best.pop();
      values.pop();
    }
  }
  return best;
}

/** NaN comes last either way. */
function ranked(a: number, b: number, sign: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : (a - b) * sign;
}

/** A negative ratio picks exactly the series that its positive complement leaves. */
function isSampled(offset: number, ratio: number): boolean {
  const capped = Math.max(-1, Math.min(1, ratio));
  return capped >= 0 ? offset < capped : offset >= 1 + capped;
}

/** `count_values`: a series for each group and value, with the value as a label. */
export function evaluateCountValues(
  expr: Aggregate,
  label: string,
  series: readonly Series[],
  count: number,
): readonly Series[] {
  if (!isLabelName(label)) {
    throw queryError("execution", `invalid label name ${quoted(label)}`, { position: expr.position });
  }
  const out = new SeriesMap(count);
  for (let step = 0; step < count; step++) {
    for (const one of series) {
      const sample = one.at(step);
      if (sample === undefined) continue;
      const text = typeof sample === "number" ? goFloatText(sample) : histogramText(sample);
      const labelled = Series.sharing(one, one.labels.with(label, text), false);
      const grouping = expr.without ? expr.grouping : [...expr.grouping, label];
      const [group] = groupsOf({ ...expr, grouping }, [labelled]);
      if (group === undefined) continue;
      const counted = out.get(group.labels, false);
      counted.setFloat(step, counted.present[step] === 1 ? (counted.values[step] ?? 0) + 1 : 1);
    }
  }
  return out.nonEmpty;
}
