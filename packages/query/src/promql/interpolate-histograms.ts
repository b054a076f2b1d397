import type { Annotations } from "./annotations.ts";
import type { PositionRange } from "./ast.ts";
import { isReset, scale } from "./histogram-math.ts";
import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { combineIn } from "./rate-remarks.ts";

/** The histogram at a time on the line between two; a counter that was reset between them starts from zero. */
export function interpolatedHistogram(
  context: { readonly annotations: Annotations; readonly labels: Labels; readonly position: PositionRange },
  a: NativeHistogram,
  b: NativeHistogram,
  { startMs, endMs, timeMs }: { readonly startMs: number; readonly endMs: number; readonly timeMs: number },
  isCounter: boolean,
): NativeHistogram | undefined {
  if (timeMs === startMs) return a;
  if (timeMs === endMs) return b;
  const fraction = (timeMs - startMs) / (endMs - startMs);
  if (isCounter && isReset(b, a)) return scale(b, fraction);
  const difference = combineIn(context, b, a, -1);
  return difference && combineIn(context, scale(difference, fraction), a, 1);
}
