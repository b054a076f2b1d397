import type { Annotations } from "./annotations.ts";
import type { Aggregate } from "./ast.ts";
import { warnOfQuantile } from "./evaluate-histogram-call.ts";
import { KahanMean, KahanSum, KahanSums } from "./kahan-sum.ts";
import { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { quantileOf } from "./quantile.ts";
import { METADATA_LABELS, Series } from "./series.ts";
import { totalOfHistograms } from "./sum-histograms.ts";

/** Series that an aggregation puts together. */
interface Group {
  readonly labels: Labels;
  readonly members: readonly Series[];
}

/** The groups of `by (…)` or `without (…)`, in the order of their first members. */
export function groupsOf({ grouping, without }: Aggregate, series: readonly Series[]): readonly Group[] {
  const names = without ? new Set([...grouping, ...METADATA_LABELS]) : new Set(grouping);
  const groups = new Map<string, { labels: Labels; members: Series[] }>();
  for (const one of series) {
    const labels = without
      ? one.labels.without(names)
      : grouping.length === 0
        ? Labels.empty
        : one.labels.keeping(names);
    const group = groups.get(labels.key);
    if (group === undefined) groups.set(labels.key, { labels, members: [one] });
    else group.members.push(one);
  }
  return [...groups.values()];
}

/** `sum avg min max count group stddev stdvar quantile`: one series for each group. */
export function evaluateAggregate(
  expr: Aggregate,
  series: readonly Series[],
  parameter: Float64Array | undefined,
  count: number,
  annotations: Annotations,
): readonly Series[] {
  if (expr.operator === "quantile" && expr.parameter !== undefined && series.length > 0) {
    for (const q of new Set(parameter)) warnOfQuantile(q, expr.parameter.position, annotations);
  }
  const aggregate = aggregation(expr, parameter, annotations);
  return groupsOf(expr, series)
    .map(({ labels, members }) => {
      const out = new Series(
        labels,
        count,
        members.some(({ dropName }) => dropName),
      );
      aggregate(members, out);
      return out;
    })
    .filter((out) => !out.isEmpty);
}

type Aggregation = (members: readonly Series[], out: Series) => void;

function aggregation(expr: Aggregate, parameter: Float64Array | undefined, annotations: Annotations): Aggregation {
  switch (expr.operator) {
    case "sum":
      return (members, out) => total(expr, members, out, false, annotations);
    case "avg":
      return (members, out) => total(expr, members, out, true, annotations);
    case "count":
      return counted((count) => count);
    case "group":
      return counted(() => 1);
    case "min":
      return overFloats(expr, annotations, (values) => extreme(values, (a, b) => a < b));
    case "max":
      return overFloats(expr, annotations, (values) => extreme(values, (a, b) => a > b));
    case "stdvar":
      return overFloats(expr, annotations, variance);
    case "stddev":
      return overFloats(expr, annotations, (values) => Math.sqrt(variance(values)));
    default:
      return overFloats(expr, annotations, (values, step) =>
        quantileOf(parameter?.[step] ?? NaN, Float64Array.from(values)),
      );
  }
}

function counted(result: (count: number) => number): Aggregation {
  return (members, out) => {
    for (let step = 0; step < out.present.length; step++) {
      let count = 0;
      for (const { present } of members) count += present[step] ?? 0;
      if (count > 0) out.setFloat(step, result(count));
    }
  };
}

function overFloats(
  { operator, expr }: Aggregate,
  annotations: Annotations,
  compute: (values: number[], step: number) => number,
): Aggregation {
  return (members, out) => {
    for (let step = 0; step < out.present.length; step++) {
      const values: number[] = [];
      for (const member of members) {
        const sample = member.at(step);
        if (typeof sample === "number") values.push(sample);
        else if (sample !== undefined) annotations.info(`ignored histogram in ${operator} aggregation`, expr.position);
      }
      if (values.length > 0) out.setFloat(step, compute(values, step));
    }
  };
}

function extreme(values: readonly number[], isBetter: (candidate: number, best: number) => boolean): number {
  let best = values[0] ?? NaN;
  for (const value of values) if (isBetter(value, best) || Number.isNaN(best)) best = value;
  return best;
}

function variance(values: readonly number[]): number {
  let mean = 0;
  let squares = 0;
  values.forEach((value, i) => {
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  });
  return values.length === 1 && !Number.isFinite(values[0]) ? NaN : squares / values.length;
}

/** `sum` and `avg`, the only ones that take histograms: a group has to be all floats or all histograms at a step. */
function total(
  expr: Aggregate,
  members: readonly Series[],
  out: Series,
  isMean: boolean,
  annotations: Annotations,
): void {
  if (members.some(({ hasHistograms }) => hasHistograms)) {
    for (let step = 0; step < out.present.length; step++) totalAt(expr, members, out, isMean, annotations, step);
    return;
  }
  if (isMean) return meanOf(members, out);
  const sums = new KahanSums(out.values.length);
  for (const { values, present } of members) {
    for (let step = 0; step < present.length; step++) {
      if (present[step] !== 1) continue;
      sums.add(step, values[step]!);
      out.present[step] = 1;
    }
  }
  sums.writeTo(out.values);
}

function meanOf(members: readonly Series[], out: Series): void {
  for (let step = 0; step < out.present.length; step++) {
    const mean = new KahanMean();
    let any = false;
    for (const { values, present } of members) {
      if (present[step] !== 1) continue;
      mean.add(values[step] ?? NaN);
      any = true;
    }
    if (any) out.setFloat(step, mean.mean);
  }
}

function totalAt(
  expr: Aggregate,
  members: readonly Series[],
  out: Series,
  isMean: boolean,
  annotations: Annotations,
  step: number,
): void {
  const floats = isMean ? new KahanMean() : new KahanSum();
  const histograms: { histogram: NativeHistogram; metricName: string }[] = [];
  let floatCount = 0;
  for (const member of members) {
    const sample = member.at(step);
    if (sample === undefined) continue;
    if (typeof sample !== "number") {
      histograms.push({ histogram: sample, metricName: member.labels.metricName });
      continue;
    }
    floats.add(sample);
    floatCount++;
  }
  if (floatCount > 0 && histograms.length > 0) {
    annotations.warn("encountered a mix of histograms and floats for aggregation", expr.expr.position);
  } else if (floatCount > 0) {
    out.setFloat(step, floats instanceof KahanMean ? floats.mean : floats.total);
  } else if (histograms.length > 0) {
    const total = totalOfMembers(expr, histograms, isMean, annotations);
    if (total !== undefined) out.set(step, total);
  }
}

function totalOfMembers(
  { expr }: Aggregate,
  members: readonly { histogram: NativeHistogram; metricName: string }[],
  isMean: boolean,
  annotations: Annotations,
): NativeHistogram | undefined {
  const total = totalOfHistograms(
    members.map(({ histogram }) => histogram),
    isMean,
  );
  if (total === undefined) return undefined;
  if ("incompatibleAt" in total) {
    const mix = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name";
    annotations.warn(`${mix} ${JSON.stringify(members[total.incompatibleAt]?.metricName ?? "")}`, expr.position);
    return undefined;
  }
  if (total.boundsReconciled) {
    annotations.info("mismatched custom buckets were reconciled during aggregation", expr.position);
  }
  if (total.resetCollision) annotations.warn("conflicting counter resets during histogram aggregation", expr.position);
  return total.histogram;
}
