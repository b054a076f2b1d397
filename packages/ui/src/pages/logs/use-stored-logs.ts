import { keepPreviousData, useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { getClew, queryOf, type Parameters } from "../../api/client.ts";
import type { LogHistogram, LogPage, LogRecord } from "../../api/types.ts";
import { isLiveRecord } from "../../log/live-buffer.ts";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useMovingRange } from "../../chart/use-moving-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { timeOfId } from "./log-filter.ts";

const PAGE = 300;
/** A page while the record that the address names is looked for. */
const SEEK_PAGE = 2_000;
/** So many pages are read to reach it; beyond, it is shown by itself. */
const MAX_SEEK_PAGES = 10;

export interface StoredLogs {
  readonly records: readonly LogRecord[];
  readonly isLoading: boolean;
  readonly isStale: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  /** The sought record was not reached yet. */
  readonly isSeeking: boolean;
  readonly loadMore: () => void;
  /** How many matching records are newer than those in the list. */
  readonly newer: number;
  /** Takes the newer ones in. */
  readonly refresh: () => void;
}

/**
 * What a search found, newest first, page by page. The list stands still while time goes on;
 * it is taken up to now by `refresh`. `sought` is the id of a record to read on to.
 */
export function useStoredLogs(filter: Parameters, sought: string | undefined): StoredLogs {
  const { range, refresh, latest } = useStandingRange(queryOf(filter));
  const { startMs: start, endMs: end } = range;
  const soughtMs = sought === undefined ? undefined : timeOfId(sought);
  const isSeeking = soughtMs !== undefined && soughtMs >= start && soughtMs <= end;
  const pages = useInfiniteQuery({
    queryKey: ["logs", filter, start, end],
    queryFn: async ({ pageParam, signal }) =>
      getClew<LogPage>(
        "logs",
        { ...filter, start, end, limit: isSeeking ? SEEK_PAGE : PAGE, cursor: pageParam },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: ({ cursor }) => cursor,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const records = useMemo(() => (pages.data?.pages ?? []).flatMap((page) => page.records), [pages.data]);
  const { hasNextPage, isFetching, fetchNextPage } = pages;
  const isMissing = isSeeking && !records.some(({ id }) => id === sought);
  const mustReadOn = isMissing && hasNextPage && !isFetching && (pages.data?.pages.length ?? 0) < MAX_SEEK_PAGES;
  useEffect(() => {
    if (mustReadOn) void fetchNextPage();
  }, [mustReadOn, fetchNextPage]);
  return {
    records,
    isLoading: pages.isPending,
    isStale: pages.isPlaceholderData,
    error: pages.error,
    hasMore: hasNextPage,
    isSeeking: isMissing && (mustReadOn || isFetching),
    loadMore: () => {
      if (hasNextPage && !isFetching) void fetchNextPage();
    },
    newer: useCount(filter, end, latest.endMs),
    refresh,
  };
}

/** The time range as it was when the filters or the range were last changed, or `refresh` was called. */
function useStandingRange(filterKey: string): { range: ResolvedRange; latest: ResolvedRange; refresh: () => void } {
  const { range } = useTimeRange();
  const latest = useMovingRange();
  const key = `${range.from} ${range.to} ${filterKey}`;
  const [standing, setStanding] = useState({ key, range: latest });
  if (standing.key !== key) setStanding({ key, range: latest });
  return {
    range: standing.key === key ? standing.range : latest,
    latest,
    refresh: () => setStanding({ key, range: latest }),
  };
}

function useCount(filter: Parameters, start: number, end: number): number {
  const answer = useQuery({
    queryKey: ["log count", filter, start, end],
    queryFn: async ({ signal }) =>
      getClew<LogHistogram>("logs/histogram", { ...filter, start, end, buckets: 1 }, signal),
    enabled: end > start,
    placeholderData: keepPreviousData,
  });
  if (end <= start) return 0;
  return (answer.data?.buckets ?? []).flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0);
}

/** A record by its id, wherever it lies. */
export function useRecord(id: string | undefined): UseQueryResult<LogRecord | null> {
  return useQuery({
    queryKey: ["log", id],
    queryFn: async ({ signal }) => {
      const start = timeOfId(id ?? "") ?? 0;
      const { records } = await getClew<LogPage>("logs", { start, end: start + 1, limit: 5_000 }, signal);
      return records.find((record) => record.id === id) ?? null;
    },
    enabled: id !== undefined && timeOfId(id) !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The record as the store has it: one of the live stream lacks its resource, and its attributes' types. */
export function useWhole(record: LogRecord): LogRecord {
  const isLive = isLiveRecord(record);
  const { timestampUnixNano, service, traceId, spanId, bodyText } = record;
  const stored = useQuery({
    queryKey: ["log", timestampUnixNano, service, traceId, spanId, bodyText],
    queryFn: async ({ signal }) => {
      const start = Number(BigInt(timestampUnixNano) / 1_000_000n);
      const window = { start, end: start + 1, limit: 1_000 };
      const { records } = await getClew<LogPage>("logs", { ...window, service, traceId, spanId }, signal);
      const isSame = (one: LogRecord): boolean =>
        one.timestampUnixNano === timestampUnixNano && one.bodyText === bodyText;
      return records.find(isSame) ?? null;
    },
    enabled: isLive,
    // What has just arrived is searchable within 2 s.
    refetchInterval: ({ state }) => (state.data === null ? 1_000 : false),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (isLive ? stored.data : undefined) ?? record;
}
