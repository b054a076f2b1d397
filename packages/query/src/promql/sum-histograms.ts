import { combine, type Combined, withLayoutOf } from "./histogram-math.ts";
import { KahanMean, KahanSum } from "./kahan-sum.ts";
import type { Buckets, NativeHistogram } from "./native-histogram.ts";

interface HistogramTotal {
  readonly histogram: NativeHistogram;
  /** Some say that their counter was reset, some that it was not. */
  readonly resetCollision: boolean;
  /** Custom bounds differed, so that only the common ones remain. */
  readonly boundsReconciled: boolean;
}

/**
 * The sum or mean of histograms, each count compensated for rounding. Where one does not fit those before it
 * (custom bounds and exponential buckets), its index is given instead.
 */
export function totalOfHistograms(
  histograms: readonly NativeHistogram[],
  isMean: boolean,
): HistogramTotal | { readonly incompatibleAt: number } | undefined {
  const [first, ...rest] = histograms;
  if (first === undefined) return undefined;
  let common: NativeHistogram = first;
  let boundsReconciled = false;
  for (const [i, histogram] of rest.entries()) {
    const combined: Combined | undefined = combine(common, histogram, 1);
    if (combined === undefined) return { incompatibleAt: i + 1 };
    boundsReconciled ||= combined.boundsReconciled;
    common = combined.histogram;
  }
  const layout = common;
  const alike = histograms.map((histogram) => withLayoutOf(layout, histogram));
  const total = (pick: (histogram: NativeHistogram) => number): number => totalOf(alike.map(pick), isMean);
  const side = (pick: (histogram: NativeHistogram) => Buckets): Buckets => {
    const { offset, counts } = pick(layout);
    return { offset, counts: counts.map((_, i) => total((one) => countAt(pick(one), offset + i))) };
  };
  const hints = new Set(histograms.map(({ counterReset }) => counterReset));
  const histogram = {
    ...layout,
    count: total(({ count }) => count),
    sum: total(({ sum }) => sum),
    zeroCount: total(({ zeroCount }) => zeroCount),
    positive: side(({ positive }) => positive),
    negative: side(({ negative }) => negative),
  };
  return { histogram, resetCollision: hints.has("reset") && hints.has("not_reset"), boundsReconciled };
}

function totalOf(values: readonly number[], isMean: boolean): number {
  const accumulator = isMean ? new KahanMean() : new KahanSum();
  for (const value of values) accumulator.add(value);
  return accumulator instanceof KahanMean ? accumulator.mean : accumulator.total;
}

function countAt({ offset, counts }: Buckets, index: number): number {
  return counts[index - offset] ?? 0;
}
