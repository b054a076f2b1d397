/** Exemplars: single measurements that know the span they were made in. */
import type { PrometheusExemplars } from "../api/types.ts";

export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  /** In the unit of the metric. */
  readonly value: number;
  readonly timeMs: number;
  /** The series' `job`; empty where it has none. */
  readonly service: string;
}

/** More would hide the chart and each other. */
export const MAX_EXEMPLARS = 180;
/** The chart is divided into so many cells; the greatest exemplar of each is shown. */
const COLUMNS = 90;
const ROWS = 24;

/** Every exemplar that leads to a trace. The same one may stand in several buckets' series: it is taken once. */
export function exemplarsOf(answer: readonly PrometheusExemplars[]): Exemplar[] {
  const found = new Map<string, Exemplar>();
  for (const { seriesLabels, exemplars } of answer) {
    for (const { labels, value, timestamp } of exemplars) {
      const traceId = labels["trace_id"] ?? labels["traceID"] ?? labels["traceId"] ?? "";
      const spanId = labels["span_id"] ?? labels["spanID"] ?? labels["spanId"] ?? "";
      const number = Number(value);
      if (traceId === "" || !Number.isFinite(number)) continue;
      const service = seriesLabels["job"] ?? "";
      found.set(`${traceId}/${spanId}/${number}`, {
        traceId,
        spanId,
        value: number,
        timeMs: timestamp * 1_000,
        service,
      });
    }
  }
  return [...found.values()].toSorted((a, b) => a.timeMs - b.timeMs);
}

/** At most `limit` of them, spread over the window and over the values; the greatest of each time are kept first. */
export function thinned(
  exemplars: readonly Exemplar[],
  startMs: number,
  endMs: number,
  limit = MAX_EXEMPLARS,
): Exemplar[] {
  const inWindow = exemplars.filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs);
  const top = Math.max(...inWindow.map(({ value }) => value), Number.MIN_VALUE);
  const cells = new Map<number, Exemplar>();
  for (const exemplar of inWindow) {
    const column = Math.floor(((exemplar.timeMs - startMs) / (endMs - startMs)) * COLUMNS);
    const cell = column * ROWS + Math.floor((exemplar.value / top) * (ROWS - 1));
    const kept = cells.get(cell);
    if (kept === undefined || kept.value < exemplar.value) cells.set(cell, exemplar);
  }
  // First the greatest of each column, then the second of each, and so on: no time is left without.
  const taken = new Map<number, number>();
  const ranked = [...cells]
    .toSorted(([a], [b]) => b - a)
    .map(([cell, exemplar]) => {
      const column = Math.floor(cell / ROWS);
      const rank = taken.get(column) ?? 0;
      taken.set(column, rank + 1);
      return { exemplar, rank };
    });
  return ranked
    .toSorted((a, b) => a.rank - b.rank || b.exemplar.value - a.exemplar.value)
    .slice(0, limit)
    .map(({ exemplar }) => exemplar)
    .toSorted((a, b) => a.timeMs - b.timeMs);
}
