/** Round places on a time axis, at most `most` of them, between `start` and `end`. */
export function timeTicks(start: number, end: number, most: number): number[] {
  const step = roundStep((end - start) / Math.max(1, most));
  const ticks: number[] = [];
  for (let i = Math.ceil(start / step); i * step <= end; i++) ticks.push(i * step);
  return ticks;
}

/** The least of 1, 2, 5, 10, 20, … that is not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}
