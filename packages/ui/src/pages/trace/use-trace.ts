/** What the trace page asks the server for. */
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ApiError, getClew } from "../../api/client.ts";
import type { LogPage, LogRecord, SpanAnswer, TraceSkeleton } from "../../api/types.ts";
import { millisOf } from "../../format/format.ts";

/** A trace whose end is this recent may still grow. */
const YOUNG_MS = 15_000;
const REFRESH_MS = 2_000;
const LOG_LIMIT = 2_000;
/** Clocks differ, and logs come late: how far from the trace its logs are looked for. */
const LOG_MARGIN_MS = 3_600_000;
/** More ids than this do not go into an address. */
const MOST_SPAN_IDS = 100;

export function useTrace(traceId: string): UseQueryResult<TraceSkeleton> {
  return useQuery({
    queryKey: ["trace", traceId],
    queryFn: ({ signal }) => getClew<TraceSkeleton>(`traces/${encodeURIComponent(traceId)}`, {}, signal),
    refetchInterval: ({ state: { data, error } }) => {
      if (error instanceof ApiError && error.status === 404) return REFRESH_MS;
      return data !== undefined && isYoung(data) ? REFRESH_MS : false;
    },
  });
}

export function useSpan(traceId: string, spanId: string): UseQueryResult<SpanAnswer> {
  return useQuery({
    queryKey: ["span", traceId, spanId],
    queryFn: ({ signal }) => getClew<SpanAnswer>(`traces/${traceId}/spans/${spanId}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface FoundLogs {
  readonly records: readonly LogRecord[];
  /** Whether there are more than were asked for. */
  readonly isCut: boolean;
}

/** The first of all the trace's log lines, oldest first. */
export function useTraceLogs(skeleton: TraceSkeleton): UseQueryResult<FoundLogs> {
  return useQuery({
    queryKey: ["trace-logs", skeleton.traceId],
    queryFn: ({ signal }) => fetchLogs(skeleton, undefined, signal),
    refetchInterval: isYoung(skeleton) ? REFRESH_MS : false,
  });
}

/** The log lines of these spans: picked from the trace's, or asked for where those are not all. */
export function useSpanLogs(
  skeleton: TraceSkeleton,
  ofTrace: FoundLogs | undefined,
  spanIds: readonly string[],
): { readonly logs: FoundLogs | undefined; readonly error: Error | null } {
  const mustAsk = ofTrace?.isCut === true && spanIds.length <= MOST_SPAN_IDS;
  const { data, error } = useQuery({
    queryKey: ["span-logs", skeleton.traceId, spanIds],
    queryFn: ({ signal }) => fetchLogs(skeleton, spanIds, signal),
    enabled: mustAsk,
    placeholderData: keepPreviousData,
  });
  if (mustAsk || ofTrace === undefined) return { logs: data, error };
  const wanted = new Set(spanIds);
  return { logs: { ...ofTrace, records: ofTrace.records.filter(({ spanId }) => wanted.has(spanId)) }, error: null };
}

async function fetchLogs(
  skeleton: TraceSkeleton,
  spanId: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<FoundLogs> {
  const window = { start: startMs(skeleton) - LOG_MARGIN_MS, end: endMs(skeleton) + LOG_MARGIN_MS };
  const { traceId } = skeleton;
  const page = await getClew<LogPage>("logs", { traceId, spanId, ...window, order: "asc", limit: LOG_LIMIT }, signal);
  return { records: page.records, isCut: page.cursor !== null };
}

export function startMs({ startUnixNano }: TraceSkeleton): number {
  return millisOf(startUnixNano);
}

export function endMs(skeleton: TraceSkeleton): number {
  const { startOffsetNanos, durationNanos } = skeleton.spans;
  let end = 0;
  startOffsetNanos.forEach((start, i) => (end = Math.max(end, start + (durationNanos[i] ?? 0))));
  return startMs(skeleton) + end / 1e6;
}

function isYoung(skeleton: TraceSkeleton): boolean {
  return Date.now() - endMs(skeleton) < YOUNG_MS;
}
