import { mergedSeries } from "./evaluate-binary.ts";
import { queryError } from "./query-error.ts";
import { METADATA_LABELS, Series } from "./series.ts";

/**
 * Metric names that no longer fit their values fall away; what is then the same series must not overlap, or, where it
 * has to be `unique`, must not be there.
 */
export function withoutNames(series: readonly Series[], count: number, unique = false): readonly Series[] {
  const named = series.some(({ dropName }) => dropName) ? series.map(withoutName) : series;
  if (unique && new Set(named.map(({ labels }) => labels.key)).size < named.length)
    throw queryError("execution", "vector cannot contain metrics with the same labelset");
  return mergedSeries(named, count);
}

function withoutName(series: Series): Series {
  return series.dropName ? Series.sharing(series, series.labels.without(METADATA_LABELS), false) : series;
}
