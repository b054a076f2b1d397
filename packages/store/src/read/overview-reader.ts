import { PROMETHEUS_METADATA } from "@clew/otlp/prometheus";
import type { EngineClient } from "../engine/engine-client.ts";
import { nanosOfBucket } from "../schema/service-edges.ts";
import { Conditions, type TimeWindow } from "./conditions.ts";
import { asFamilies } from "./prometheus-families.ts";
import { inQuarters, partsOf } from "./quarters.ts";
import { spanDurations } from "./span-durations.ts";

/** What one service sent within a window. Requests are its spans that others called: server and consumer spans, and roots. */
export interface ServiceOverview {
  readonly service: string;
  readonly spans: number;
  readonly requests: number;
  readonly errors: number;
  /** Durations of requests in nanoseconds, within 2.2 % where the window is longer than a quarter of an hour; 0 where there are none. */
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
  readonly logs: number;
  readonly errorLogs: number;
  readonly series: number;
  /** Newest span or log. */
  readonly lastSeenUnixNano: string;
}

export interface ActivityBucket {
  readonly startUnixNano: string;
  readonly spans: number;
  readonly errorSpans: number;
  readonly logs: number;
  readonly errorLogs: number;
}

/** RED of one operation: requests are counted as in `ServiceOverview`. */
export interface OperationOverview {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
}

export interface CatalogueEntry {
  /** As PromQL names the family. */
  readonly name: string;
  readonly otelName: string;
  readonly type: string;
  readonly unit: string;
  readonly description: string;
  /** 1 delta, 2 cumulative, 0 where the type has none. */
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly services: readonly string[];
  readonly series: number;
}

/** Calls from one service to another. */
export interface ServiceEdge {
  readonly client: string;
  readonly server: string;
  readonly calls: number;
  readonly errors: number;
  /** As the called service measured them, in nanoseconds, within 2.2 %. */
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
}

/** As the engine writes a Float64. */
type Quantile = number | string | null;

/** What arrives, from whom, how much: the numbers of the home page. */
export class OverviewReader {
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Services by name. */
  async services(window: TimeWindow): Promise<ServiceOverview[]> {
    const found = new Map<string, ServiceOverview>();
    const of = (service: string): ServiceOverview => found.get(service) ?? nothingOf(service);
    const [bySpans, byLogs, bySeries] = await Promise.all([
      this.#spans(window),
      this.#logs(window),
      this.#series(window),
    ]);
    for (const [service, spans, requests, errors, [p50, p95, p99], last] of bySpans) {
      const counts = { spans: Number(spans), requests: Number(requests), errors: Number(errors) };
      const durations = { p50Nanos: durationOf(p50), p95Nanos: durationOf(p95), p99Nanos: durationOf(p99) };
      found.set(service, {
        ...of(service),
        ...counts,
        ...(counts.requests === 0 ? {} : durations),
        lastSeenUnixNano: last,
      });
    }
    for (const [service, logs, errorLogs, last] of byLogs) {
      const before = of(service);
      const lastSeenUnixNano = BigInt(last) > BigInt(before.lastSeenUnixNano) ? last : before.lastSeenUnixNano;
      found.set(service, { ...before, logs: Number(logs), errorLogs: Number(errorLogs), lastSeenUnixNano });
    }
    for (const [service, series] of bySeries) found.set(service, { ...of(service), series: Number(series) });
    return [...found.values()].sort((a, b) => (a.service < b.service ? -1 : 1));
  }

  /** Spans and logs over time, in `bucketCount` equal parts of the window; empty parts are left out. */
  async activity(window: TimeWindow, bucketCount: number): Promise<ActivityBucket[]> {
    const widthNanos = (window.endUnixNano - window.startUnixNano) / BigInt(Math.max(1, Math.floor(bucketCount))) || 1n;
    const bucket = `intDiv(toUnixTimestamp64Nano(Timestamp) - toInt64(${window.startUnixNano}), toInt64(${widthNanos}))`;
    const where = new Conditions().withinHours(window).where;
    const rows = await this.#client.rows<readonly [string, string, string, string, string]>(
      `SELECT bucket, sum(spans), sum(errorSpans), sum(logs), sum(errorLogs) FROM (
         SELECT ${bucket} AS bucket, count() AS spans, countIf(StatusCode = 'Error') AS errorSpans, 0 AS logs, 0 AS errorLogs
         FROM otel_traces WHERE ${where} GROUP BY bucket
         UNION ALL
         SELECT ${bucket} AS bucket, 0, 0, count(), countIf(SeverityNumber >= 17) FROM otel_logs WHERE ${where} GROUP BY bucket
       ) GROUP BY bucket ORDER BY bucket`,
    );
    return rows.map(([index, spans, errorSpans, logs, errorLogs]) => ({
      startUnixNano: (window.startUnixNano + BigInt(index) * widthNanos).toString(),
      spans: Number(spans),
      errorSpans: Number(errorSpans),
      logs: Number(logs),
      errorLogs: Number(errorLogs),
    }));
  }

  /** A service's operations that others call, busiest first. */
  async operations(service: string, window: TimeWindow): Promise<OperationOverview[]> {
    const { rows: durations, quantiles } = spanDurations(window, "SpanName", "ServiceName = {service:String}");
    const rows = await this.#client.rows<readonly [string, string, string, [Quantile, Quantile, Quantile]]>(
      `SELECT By, sum(Spans) AS requests, sumIf(Spans, IsError), ${quantiles} FROM (${durations}) WHERE IsRequest
       GROUP BY By ORDER BY requests DESC, By LIMIT 1000`,
      { service },
    );
    return rows.map(([name, requests, errors, [p50, p95, p99]]) => ({
      name,
      requests: Number(requests),
      errors: Number(errors),
      p50Nanos: durationOf(p50),
      p95Nanos: durationOf(p95),
      p99Nanos: durationOf(p99),
    }));
  }

  /** Who called whom, busiest first; the window is widened to whole quarters of an hour. */
  async serviceGraph(window: TimeWindow): Promise<ServiceEdge[]> {
    const seconds = (nanos: bigint): bigint => (nanos < 0n ? 0n : nanos / 1_000_000_000n);
    const rows = await this.#client.rows<
      readonly [string, string, string, string, readonly [Quantile, Quantile, Quantile]]
    >(
      `SELECT Client, Server, sum(Calls) AS calls, sumIf(Calls, IsError),
         arrayMap(bucket -> ${nanosOfBucket("bucket")}, quantilesExactWeighted(0.5, 0.95, 0.99)(DurationBucket, Calls))
       FROM service_edges
       WHERE Time >= toStartOfFifteenMinutes(toDateTime(${seconds(window.startUnixNano)})) AND Time < toDateTime(${seconds(window.endUnixNano)})
       GROUP BY Client, Server ORDER BY calls DESC, Client, Server LIMIT 10000`,
    );
    return rows.map(([client, server, calls, errors, [p50, p95, p99]]) => ({
      client,
      server,
      calls: Number(calls),
      errors: Number(errors),
      p50Nanos: durationOf(p50),
      p95Nanos: durationOf(p95),
      p99Nanos: durationOf(p99),
    }));
  }

  /** Metrics that arrived on the window's days, by name. */
  async catalogue(window: TimeWindow): Promise<CatalogueEntry[]> {
    const rows = await this.#client.rows<
      readonly [string, string, string, string, string, number, number, string[], string, string, string]
    >(
      `SELECT PrometheusName, MetricName, MetricType, any(MetricUnit), max(MetricDescription), any(AggregationTemporality),
         any(IsMonotonic), arraySort(groupUniqArray(100)(ServiceName)), uniq(Fingerprint),
         max(Metadata['${PROMETHEUS_METADATA.type}']), max(Metadata['${PROMETHEUS_METADATA.unit}'])
       FROM metric_series WHERE ${days(window)} GROUP BY PrometheusName, MetricName, MetricType ORDER BY PrometheusName, MetricType`,
    );
    return asFamilies(
      rows.map((row) => {
        const [name, otelName, type, unit, description, temporality, monotonic, services, series, ...told] = row;
        const head = { name, otelName, type, unit, description, temporality, services };
        const entry = { ...head, monotonic: monotonic === 1, series: Number(series) };
        return { entry, toldType: told[0], toldUnit: told[1] };
      }),
    );
  }

  #spans(
    window: TimeWindow,
  ): Promise<(readonly [string, string, string, string, [Quantile, Quantile, Quantile], string])[]> {
    const { rows, quantiles } = spanDurations(window, "ServiceName");
    return this.#client.rows(
      `SELECT By, sum(Spans), sumIf(Spans, IsRequest), sumIf(Spans, IsRequest AND IsError), ${quantiles},
         toUnixTimestamp64Nano(max(LastSeen))
       FROM (${rows}) GROUP BY By`,
    );
  }

  #logs(window: TimeWindow): Promise<(readonly [string, string, string, string])[]> {
    const { edges, whole } = partsOf(window);
    const queries = edges.map(
      (edge) =>
        `SELECT ServiceName, SeverityNumber, toUInt64(1) AS Logs, Timestamp AS LastSeen FROM otel_logs WHERE ${new Conditions().withinHours(edge).where}`,
    );
    if (whole !== undefined)
      queries.push(`SELECT ServiceName, SeverityNumber, Logs, LastSeen FROM log_counts WHERE ${inQuarters(whole)}`);
    return this.#client.rows(
      `SELECT ServiceName, sum(Logs), sumIf(Logs, SeverityNumber >= 17), toUnixTimestamp64Nano(max(LastSeen))
       FROM (${queries.join(" UNION ALL ")}) GROUP BY ServiceName`,
    );
  }

  #series(window: TimeWindow): Promise<(readonly [string, string])[]> {
    return this.#client.rows(
      `SELECT ServiceName, uniq(Fingerprint) FROM metric_series WHERE ${days(window)} GROUP BY ServiceName`,
    );
  }
}

function nothingOf(service: string): ServiceOverview {
  const counts = {
    spans: 0,
    requests: 0,
    errors: 0,
    p50Nanos: 0,
    p95Nanos: 0,
    p99Nanos: 0,
    logs: 0,
    errorLogs: 0,
    series: 0,
  };
  return { service, ...counts, lastSeenUnixNano: "0" };
}

/** Quantiles of nothing are NaN. */
function durationOf(nanos: Quantile): number {
  return Math.round(Number(nanos)) || 0;
}

function days({ startUnixNano, endUnixNano }: TimeWindow): string {
  const day = (nanos: bigint): string => `toDate(toDateTime64(${nanos < 0n ? 0n : nanos / 1_000_000_000n}, 0, 'UTC'))`;
  return `Day BETWEEN ${day(startUnixNano)} AND ${day(endUnixNano)}`;
}
