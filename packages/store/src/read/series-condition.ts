/** Decimal digits, as the engine writes 64-bit integers. */
export interface StoredSeriesKey {
  readonly localities: readonly string[];
  readonly fingerprint: string;
}

/** A condition that only points of these series meet; points stand in the order of both columns. */
export function isOfSeries(series: readonly StoredSeriesKey[]): string {
  const listOf = (digits: readonly string[]): string => [...new Set(digits)].map((one) => BigInt(one)).join(",");
  const localities = listOf(series.flatMap(({ localities: places }) => places));
  return `Locality IN (${localities}) AND Fingerprint IN (${listOf(series.map(({ fingerprint }) => fingerprint))})`;
}
