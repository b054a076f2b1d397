import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getClew, postPrometheus } from "../api/client.ts";
import type { CatalogueEntry, PrometheusExemplars, PrometheusMatrix } from "../api/types.ts";
import { exemplarsOf, type Exemplar } from "../chart/exemplar.ts";
import { frameOf, type Frame } from "../chart/series.ts";
import type { ResolvedRange } from "../time/time-range.ts";
import { gridOf } from "./resolution.ts";

/** The expression over the range; asks nothing where it is empty. */
export function useRangeQuery(query: string, range: ResolvedRange): UseQueryResult<Frame> {
  const grid = gridOf(range);
  return useQuery({
    queryKey: ["query_range", query, grid],
    queryFn: async ({ signal }) => {
      const { startSeconds: start, endSeconds: end, stepSeconds: step } = grid;
      return frameOf(await postPrometheus<PrometheusMatrix>("query_range", { query, start, end, step }, signal), grid);
    },
    enabled: query.trim() !== "",
    placeholderData: keepPreviousData,
  });
}

/** The exemplars of every series that the expression selects. */
export function useExemplars(query: string, range: ResolvedRange): UseQueryResult<Exemplar[]> {
  const { startSeconds: start, endSeconds: end, stepSeconds } = gridOf(range);
  return useQuery({
    queryKey: ["query_exemplars", query, start, end],
    queryFn: async ({ signal }) =>
      exemplarsOf(
        await postPrometheus<PrometheusExemplars[]>(
          "query_exemplars",
          { query, start, end: end + stepSeconds },
          signal,
        ),
      ),
    enabled: query.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** How often the catalogue is asked for anew. */
const CATALOGUE_MS = 30_000;

/** The metrics that had points in the range, by name. */
export function useCatalogue({ startMs, endMs }: ResolvedRange): UseQueryResult<readonly CatalogueEntry[]> {
  const [start, end] = [startMs, endMs].map((ms) => Math.ceil(ms / CATALOGUE_MS) * CATALOGUE_MS);
  return useQuery({
    queryKey: ["metrics", start, end],
    queryFn: async ({ signal }) => {
      const { metrics } = await getClew<{ metrics: CatalogueEntry[] }>("metrics", { start, end }, signal);
      return metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    placeholderData: keepPreviousData,
  });
}
