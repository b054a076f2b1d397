/** Series made of series point by point, all in columns of one length. */
import { scale } from "./histogram-math.ts";
import type { Labels } from "./labels.ts";
import { Series } from "./series.ts";

type Sample = NonNullable<ReturnType<Series["at"]>>;

/** Each point becomes what `compute` makes of it; undefined makes none. Series without a point are left out. */
export function mapSamples(
  series: readonly Series[],
  count: number,
  compute: (sample: Sample, step: number) => number | undefined,
): readonly Series[] {
  return series
    .map((one) => {
      const out = new Series(one.labels, count, true);
      for (let step = 0; step < count; step++) {
        const sample = one.at(step);
        const value = sample === undefined ? undefined : compute(sample, step);
        if (value !== undefined) out.setFloat(step, value);
      }
      return out;
    })
    .filter((one) => !one.isEmpty);
}

export function negated(series: Series): Series {
  const out = new Series(series.labels, series.present.length, true);
  for (let step = 0; step < series.present.length; step++) {
    const sample = series.at(step);
    if (sample !== undefined) out.set(step, typeof sample === "number" ? -sample : scale(sample, -1));
  }
  return out;
}

/** One series that is 1 at some steps; none where it is at no step. */
export function ones(labels: Labels, count: number, isPresent: (step: number) => boolean): readonly Series[] {
  const series = new Series(labels, count);
  for (let step = 0; step < count; step++) if (isPresent(step)) series.setFloat(step, 1);
  return series.isEmpty ? [] : [series];
}

/** The float at each step where there is one alone, NaN elsewhere. */
export function onlyFloats(series: readonly Series[], count: number): Float64Array {
  return new Float64Array(count).map((_, step) => {
    const floats = series.map((one) => one.at(step)).filter((sample) => typeof sample === "number");
    return floats.length === 1 ? (floats[0] ?? NaN) : NaN;
  });
}
