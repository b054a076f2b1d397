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
export const MAX_EXEMPLARS = 160;
/** Two are at least this share of the window apart, or that share of the values: each can be pointed at. */
const APART_IN_TIME = 1 / 80;
const APART_IN_VALUE = 1 / 24;
/** In each such share of the window the greatest come first. */
const COLUMN = 1 / 60;

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

/**
 * At most `limit` of them, spread over the window and over the values. As the window moves on,
 * the choice stays. `isFlat` where they are drawn on one line, whatever their values.
 */
export function thinned(
  exemplars: readonly Exemplar[],
  startMs: number,
  endMs: number,
  isFlat = false,
  limit = MAX_EXEMPLARS,
): Exemplar[] {
  const inWindow = exemplars.filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs);
  const leastMs = (endMs - startMs) * APART_IN_TIME;
  const leastValue = isFlat ? Number.POSITIVE_INFINITY : roundTop(inWindow) * APART_IN_VALUE;
  const kept: Exemplar[] = [];
  for (const exemplar of byRank(inWindow, (endMs - startMs) * COLUMN)) {
    if (kept.length >= limit) break;
    const isNear = kept.some(
      ({ timeMs, value }) =>
        Math.abs(timeMs - exemplar.timeMs) < leastMs && Math.abs(value - exemplar.value) < leastValue,
    );
    if (!isNear) kept.push(exemplar);
  }
  return kept.toSorted((a, b) => a.timeMs - b.timeMs);
}

/** First the greatest of each column of time, then the second of each, and so on: no time is left without. */
function byRank(exemplars: readonly Exemplar[], columnMs: number): readonly Exemplar[] {
  const taken = new Map<number, number>();
  return exemplars
    .toSorted((a, b) => b.value - a.value)
    .map((exemplar) => {
      const column = Math.floor(exemplar.timeMs / columnMs);
      const rank = taken.get(column) ?? 0;
      taken.set(column, rank + 1);
      return { exemplar, rank };
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ exemplar }) => exemplar);
}

/** The greatest value, up to a power of two, so that it seldom changes. */
function roundTop(exemplars: readonly Exemplar[]): number {
  const top = exemplars.reduce((greatest, { value }) => Math.max(greatest, value), Number.MIN_VALUE);
  return 2 ** Math.ceil(Math.log2(top));
}
