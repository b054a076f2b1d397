import { nanosOfBucket } from "../schema/service-edges.ts";
import { DURATION, DURATION_BUCKET, IS_REQUEST } from "../schema/traces.ts";
import { Conditions, type TimeWindow } from "./conditions.ts";
import { inQuarters, partsOf } from "./quarters.ts";

export interface SpanDurations {
  /** A query for rows of `By, IsRequest, IsError, Spans, LastSeen` and what `quantiles` needs. */
  readonly rows: string;
  /** Of such rows: p50, p95 and p99 of the durations of requests, in nanoseconds. Where there are none they mean nothing. */
  readonly quantiles: string;
}

/**
 * How many spans of each service, or of each operation, took how long in the window. Whole quarters of an hour come from
 * `span_durations`, and then all are counted by its buckets; what stands before and behind them from the spans. `condition` may ask for services and
 * span names.
 */
export function spanDurations(window: TimeWindow, by: "ServiceName" | "SpanName", condition = "1"): SpanDurations {
  const { edges, whole } = partsOf(window);
  const duration = whole === undefined ? `toFloat64(${DURATION}) AS Duration` : `${DURATION_BUCKET} AS DurationBucket`;
  const queries = edges.map((edge) => {
    const { where } = new Conditions().withinHours(edge).add(condition);
    return `SELECT ${by} AS By, ${IS_REQUEST} AS IsRequest, StatusCode = 'Error' AS IsError, ${duration}, toUInt64(1) AS Spans, Timestamp AS LastSeen
      FROM otel_traces WHERE ${where}`;
  });
  if (whole === undefined)
    return { rows: queries.join(" UNION ALL "), quantiles: "quantilesTDigestIf(0.5, 0.95, 0.99)(Duration, IsRequest)" };
  queries.push(`SELECT ${by} AS By, IsRequest, IsError, DurationBucket, Spans, LastSeen FROM span_durations
    WHERE ${inQuarters(whole)} AND ${condition}`);
  // Of a few hundred buckets the exact quantile costs less than an estimate.
  const quantiles = "quantilesExactWeightedIf(0.5, 0.95, 0.99)(DurationBucket, Spans, IsRequest)";
  return {
    rows: queries.join(" UNION ALL "),
    quantiles: `arrayMap(bucket -> ${nanosOfBucket("bucket")}, ${quantiles})`,
  };
}
