import { combine } from "./histogram-math.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type { Annotations } from "./annotations.ts";
import type { PositionRange } from "./ast.ts";
import type { Labels } from "./labels.ts";

/** Which of `rate`, `increase` and `delta` is wanted. */
export interface RateKind {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

/** What a remark needs: whose it is, and where it belongs. */
interface RemarkContext {
  readonly annotations: Annotations;
  readonly labels: Labels;
  readonly position: PositionRange;
}

/** A window with both floats and histograms has no rate. */
export function mixed({ annotations, labels, position }: RemarkContext): undefined {
  annotations.warn(
    `encountered a mix of histograms and floats for metric name ${JSON.stringify(labels.metricName)}`,
    position,
  );
  return undefined;
}

/** Adds or subtracts two histograms, with the remarks that this calls for; nothing where they do not fit. */
export function combineIn(
  window: RemarkContext,
  a: NativeHistogram,
  b: NativeHistogram,
  factor: 1 | -1,
): NativeHistogram | undefined {
  const combined = combine(a, b, factor);
  if (combined === undefined) return incompatible(window);
  if (combined.boundsReconciled) {
    const operation = factor === 1 ? "addition" : "subtraction";
    window.annotations.info(`mismatched custom buckets were reconciled during ${operation}`, window.position);
  }
  return combined.histogram;
}

/** Histograms with custom bounds and with exponential buckets do not go together. */
export function incompatible({ annotations, labels, position }: RemarkContext): undefined {
  const mix = "vector contains a mix of histograms with exponential and custom buckets schemas";
  annotations.warn(`${mix} for metric name ${JSON.stringify(labels.metricName)}`, position);
  return undefined;
}
