/** The φ-quantile of values by linear interpolation between ranks. NaN sorts first. `values` is sorted in place. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  values.sort();
  // The built-in order puts NaN last.
  const nans = values.length - 1 - values.findLastIndex((value) => !Number.isNaN(value));
  if (nans > 0) {
    values.copyWithin(nans, 0, values.length - nans);
    values.fill(NaN, 0, nans);
  }
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (values[lower] ?? NaN) * (1 - weight) + (values[upper] ?? NaN) * weight;
}

export function quantileIsValid(q: number): boolean {
  return q >= 0 && q <= 1;
}
