/** A Float64 of the engine's JSON, which quotes what JSON has no number for. */
export function engineDouble(value: number | string): number {
  switch (value) {
    case "inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    default:
      return Number(value);
  }
}
