/**
 * The factor from the sampled interval to the window. A gap to the window's end is bridged if it is at most
 * 1.1 average intervals; otherwise the series is taken to end half an interval past its last sample. A counter
 * is not extended past the time at which it would have been zero. `zeroMs` is when it is known to have been zero,
 * if that was in the window. Numbers rather than an object: this is done for each step of each series.
 */
export function extrapolationFactor(
  { isCounter }: { readonly isCounter: boolean },
  rangeStartMs: number,
  rangeEndMs: number,
  firstMs: number,
  lastMs: number,
  count: number,
  first: number,
  difference: number,
  zeroMs: number | undefined,
): number {
  const sampled = (lastMs - (zeroMs ?? firstMs)) / 1000;
  const interval = count > 1 ? (lastMs - firstMs) / 1000 / (count - 1) : 0;
  const threshold = interval * 1.1;
  let toStart = zeroMs === undefined ? (firstMs - rangeStartMs) / 1000 : 0;
  let toEnd = (rangeEndMs - lastMs) / 1000;
  if (zeroMs === undefined && toStart >= threshold) toStart = interval / 2;
  if (isCounter && difference > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / difference));
  if (toEnd >= threshold) toEnd = interval / 2;
  return sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
}
