import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getClew } from "../../api/client.ts";
import type { LogPage, Overview, Status } from "../../api/types.ts";
import type { BucketGrid } from "../../chart/bucket-grid.ts";
import type { ResolvedRange } from "../../time/time-range.ts";

const STATUS_MS = 5_000;
/** How many of the last answers tell whether the spool grows. */
const SPOOL_ANSWERS = 6;
const RECENT_ERRORS = 60;
const LEAST_ERROR = 17;

export function useServices({ startMs: start, endMs: end }: ResolvedRange): UseQueryResult<Overview> {
  return useQuery({
    queryKey: ["overview", start, end],
    queryFn: async ({ signal }) => getClew<Overview>("overview", { start, end, buckets: 1 }, signal),
    placeholderData: keepPreviousData,
  });
}

/** `nowMs` asks anew: the last bucket fills while the grid stays the same. */
export function useActivity(grid: BucketGrid, nowMs: number): UseQueryResult<Overview> {
  const { startMs: start, endMs: end, count: buckets } = grid;
  return useQuery({
    queryKey: ["activity", start, end, buckets, nowMs],
    queryFn: async ({ signal }) => getClew<Overview>("overview", { start, end, buckets }, signal),
    placeholderData: keepPreviousData,
  });
}

/** Whether anything was ever stored, at whatever time; asked only where a range shows nothing. */
export function useEarlierServices(isAsked: boolean): UseQueryResult<Overview> {
  return useQuery({
    queryKey: ["overview", "ever"],
    queryFn: async ({ signal }) => getClew<Overview>("overview", { start: 0, end: Date.now(), buckets: 1 }, signal),
    enabled: isAsked,
    refetchInterval: 3_000,
  });
}

export function useRecentErrors({ startMs: start, endMs: end }: ResolvedRange): UseQueryResult<LogPage> {
  return useQuery({
    queryKey: ["recent errors", start, end],
    queryFn: async ({ signal }) =>
      getClew<LogPage>("logs", { start, end, severity: LEAST_ERROR, limit: RECENT_ERRORS }, signal),
    placeholderData: keepPreviousData,
  });
}

export interface StatusHistory {
  readonly status: Status;
  /** Bytes in the spool at the last answers, oldest first. */
  readonly spoolBytes: readonly number[];
}

export function useStatus(): UseQueryResult<StatusHistory> {
  return useQuery({
    queryKey: ["status"],
    queryFn: async ({ signal, client, queryKey }) => {
      const status = await getClew<Status>("status", {}, signal);
      const before = client.getQueryData<StatusHistory>(queryKey)?.spoolBytes ?? [];
      return { status, spoolBytes: [...before, status.store.spoolBytes].slice(-SPOOL_ANSWERS) };
    },
    refetchInterval: STATUS_MS,
  });
}
