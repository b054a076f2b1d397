/** What the traces page asks the server for. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { getClew, type Parameters } from "../../api/client.ts";
import type { OperationOverview, Overview, TracePage, TraceSummary } from "../../api/types.ts";
import type { TracesSearch } from "../../router.tsx";
import type { ResolvedRange } from "../../time/time-range.ts";

const PAGE_TRACES = 500;
const NEW_TRACES = 200;
const NEW_EVERY_MS = 5_000;
/** Spans of a trace come over this long: SDKs send every five seconds, and slow spans end late. */
const UNFINISHED_MS = 15_000;

/** The traces of a range that stands still, newest first, page by page. */
export function useTraces(
  search: TracesSearch,
  { startMs, endMs }: ResolvedRange,
): UseInfiniteQueryResult<InfiniteData<TracePage, string | undefined>> {
  const filters = filtersOf(search);
  return useInfiniteQuery({
    queryKey: ["traces", filters, startMs, endMs],
    queryFn: ({ signal, pageParam }) =>
      getClew<TracePage>(
        "traces",
        { ...filters, ...inMillis(startMs, endMs), limit: PAGE_TRACES, cursor: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
    // What has been is not asked for again; newer traces are counted beside it.
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

export interface NewerTraces {
  /** How many traces there are that are not listed. */
  readonly count: number;
  readonly isMore: boolean;
  /** The listed traces as they are now, where more of their spans may have come since. */
  readonly updated: ReadonlyMap<string, TraceSummary>;
}

/** What came since the list was read, looked for every five seconds. */
export function useNewerTraces(
  search: TracesSearch,
  nowMs: number,
  known: readonly TraceSummary[],
  isLive: boolean,
): NewerTraces {
  const filters = filtersOf(search);
  const { data } = useQuery({
    queryKey: ["newer-traces", filters, nowMs],
    queryFn: ({ signal }) => {
      const window = inMillis(nowMs - UNFINISHED_MS, Date.now());
      return getClew<TracePage>("traces", { ...filters, ...window, limit: NEW_TRACES }, signal);
    },
    enabled: isLive,
    refetchInterval: NEW_EVERY_MS,
    staleTime: NEW_EVERY_MS,
    initialData: { traces: [], cursor: null },
    initialDataUpdatedAt: nowMs,
  });
  return useMemo(() => {
    const updated = new Map(data.traces.map((trace) => [trace.traceId, trace]));
    const listed = known.filter(({ traceId }) => updated.has(traceId)).length;
    return { count: data.traces.length - listed, isMore: data.cursor !== null, updated };
  }, [data, known]);
}

export function useServices({ startMs, endMs }: ResolvedRange): readonly string[] {
  const { data } = useQuery({
    queryKey: ["service-names", startMs, endMs],
    queryFn: ({ signal }) => getClew<Overview>("overview", { ...inMillis(startMs, endMs), buckets: 1 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  return data?.services.filter(({ spans }) => spans > 0).map(({ service }) => service) ?? [];
}

export function useOperations(
  service: string | undefined,
  { startMs, endMs }: ResolvedRange,
): UseQueryResult<readonly string[]> {
  return useQuery({
    queryKey: ["operations", service, startMs, endMs],
    queryFn: async ({ signal }) => {
      const path = `services/${encodeURIComponent(service ?? "")}/operations`;
      const answer = await getClew<{ operations: readonly OperationOverview[] }>(
        path,
        inMillis(startMs, endMs),
        signal,
      );
      return answer.operations.map(({ name }) => name);
    },
    enabled: service !== undefined,
    staleTime: 30_000,
  });
}

/** The address's parameters as the API's. */
function filtersOf({ service, operation, attr, minDuration, maxDuration, error }: TracesSearch): Parameters {
  return { service, operation, attr, minDuration, maxDuration, error };
}

function inMillis(startMs: number, endMs: number): Parameters {
  return { start: Math.floor(startMs), end: Math.ceil(Math.max(endMs, startMs + 1)) };
}
