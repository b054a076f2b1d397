import { bucketsOf, usesCustomBuckets } from "./histogram-buckets.ts";
import { goGeneralText } from "./go-float.ts";
import type { NativeHistogram } from "./native-histogram.ts";

/** A histogram as Prometheus prints it: `{count:3, sum:5, [-0.5,0.5]:1, (1,2]:2}`. */
export function histogramText(histogram: NativeHistogram): string {
  const parts = [`count:${goGeneralText(histogram.count)}`, `sum:${goGeneralText(histogram.sum)}`];
  for (const { lower, upper, count } of bucketsOf(histogram)) {
    const holdsZero = !usesCustomBuckets(histogram) && lower === -upper;
    const open = holdsZero || lower < 0 ? "[" : "(";
    const close = holdsZero || upper > 0 || usesCustomBuckets(histogram) ? "]" : ")";
    parts.push(
      `${usesCustomBuckets(histogram) ? "(" : open}${goGeneralText(lower)},${goGeneralText(upper)}${close}:${goGeneralText(count)}`,
    );
  }
  return `{${parts.join(", ")}}`;
}
