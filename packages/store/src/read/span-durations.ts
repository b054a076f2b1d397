import { DURATION_BUCKETS_PER_DOUBLING } from "../schema/service-edges.ts";
import { DURATION, IS_REQUEST } from "../schema/traces.ts";
import { Conditions, type TimeWindow } from "./conditions.ts";
import { inQuarters, partsOf } from "./quarters.ts";

/**
 * A query for rows of `By, IsRequest, IsError, Duration, Spans, LastSeen`: how many spans of each service, or of each
 * operation, took how long in the window. Whole quarters of an hour come from `span_durations`, what stands before and behind them from
 * the spans. `condition` may ask for services and span names.
 */
export function spanDurations(window: TimeWindow, by: "ServiceName" | "SpanName", condition = "1"): string {
  const { edges, whole } = partsOf(window);
  const queries = edges.map((edge) => ofSpans(edge, by, condition));
  // Added up first: of a day that leaves a few hundred durations a service for the quantiles.
  if (whole !== undefined)
    queries.push(`SELECT ${by} AS By, IsRequest, IsError, exp2((DurationBucket + 0.5) / ${DURATION_BUCKETS_PER_DOUBLING}) AS Duration,
       sum(span_durations.Spans) AS Spans, max(span_durations.LastSeen) AS LastSeen
     FROM span_durations WHERE ${inQuarters(whole)} AND ${condition}
     GROUP BY By, IsRequest, IsError, DurationBucket`);
  return queries.join(" UNION ALL ");
}

function ofSpans(window: TimeWindow, by: string, condition: string): string {
  const conditions = new Conditions().withinHours(window).add(condition);
  return `SELECT ${by} AS By, ${IS_REQUEST} AS IsRequest, StatusCode = 'Error' AS IsError,
      toFloat64(${DURATION}) AS Duration, toUInt64(1) AS Spans, Timestamp AS LastSeen
    FROM otel_traces WHERE ${conditions.where}`;
}
