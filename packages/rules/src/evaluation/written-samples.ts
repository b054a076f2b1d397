/**
 * The store with what a group wrote a moment ago. A store may need a second until what it has
 * taken can be read; the rules of a group build on each other within one evaluation.
 */
import {
  type Labels,
  labelsTest,
  markStale,
  type MetricsQuerier,
  type NativeHistogram,
  type SelectRequest,
  type SeriesSamples,
} from "@clew/query";
import type { RuleSample } from "./rule-sample.ts";

/** For so long what was written is remembered. */
const REMEMBERED_MS = 10_000;

interface WrittenSeries {
  readonly labels: Labels;
  // by time
  readonly samples: Map<number, RuleSample["value"]>;
  writtenMs: number;
}

export class WrittenSamples {
  readonly #querier: MetricsQuerier;
  readonly #series = new Map<string, WrittenSeries>();

  constructor(querier: MetricsQuerier) {
    this.#querier = querier;
  }

  add(samples: readonly RuleSample[], nowMs: number): void {
    for (const { labels, timestampMs, value } of samples) {
      const series = this.#series.get(labels.key) ?? { labels, samples: new Map(), writtenMs: nowMs };
      series.samples.set(timestampMs, value);
      series.writtenMs = nowMs;
      this.#series.set(labels.key, series);
    }
  }

  forget(nowMs: number): void {
    for (const [key, { writtenMs, samples }] of this.#series) {
      if (nowMs - writtenMs > REMEMBERED_MS) this.#series.delete(key);
      const newest = Math.max(...samples.keys());
      for (const timeMs of samples.keys()) if (newest - timeMs > REMEMBERED_MS) samples.delete(timeMs);
    }
  }

  /** Reads both. */
  querier(): MetricsQuerier {
    const inner = this.#querier;
    return {
      select: async (request, signal) => this.#with(await inner.select(request, signal), request),
      labelNames: (request, signal) => inner.labelNames(request, signal),
      labelValues: (name, request, signal) => inner.labelValues(name, request, signal),
      series: (request, signal) => inner.series(request, signal),
      metadata: (request, signal) => inner.metadata(request, signal),
      exemplars: (request, signal) => inner.exemplars(request, signal),
    };
  }

  #with(stored: readonly SeriesSamples[], { matchers, startMs, endMs }: SelectRequest): readonly SeriesSamples[] {
    if (this.#series.size === 0) return stored;
    const wanted = labelsTest(matchers);
    const answer = new Map(stored.map((series) => [series.labels.key, series]));
    for (const [key, { labels, samples }] of this.#series) {
      if (!wanted(labels)) continue;
      const inWindow = [...samples].filter(([timeMs]) => timeMs > startMs && timeMs <= endMs);
      const known = answer.get(key);
      // Mostly the store has it all by now.
      const isNew = inWindow.some(([timeMs]) => known?.timestampsMs.includes(timeMs) !== true);
      if (isNew) answer.set(key, merged(known, labels, inWindow));
    }
    return [...answer.values()];
  }
}

/** The columns of a series with some samples more; of two with one time, those. */
function merged(
  stored: SeriesSamples | undefined,
  labels: Labels,
  added: readonly (readonly [number, RuleSample["value"]])[],
): SeriesSamples {
  const times = new Set(added.map(([timeMs]) => timeMs));
  const rows: { readonly timeMs: number; readonly stored?: number; readonly value?: RuleSample["value"] }[] = [
    ...Array.from(stored?.timestampsMs ?? [], (timeMs, row) => ({ timeMs, stored: row })).filter(
      ({ timeMs }) => !times.has(timeMs),
    ),
    ...added.map(([timeMs, value]) => ({ timeMs, value })),
  ].sort((a, b) => a.timeMs - b.timeMs);
  const values = new Float64Array(rows.length);
  const starts = new Float64Array(rows.length);
  const histograms: (NativeHistogram | undefined)[] = Array.from(rows, () => undefined);
  // Stale markers are told by their bits, which a copy of the bytes keeps.
  const from = new BigUint64Array((stored?.values ?? new Float64Array(0)).slice().buffer);
  const bits = new BigUint64Array(values.buffer);
  rows.forEach(({ stored: row, value }, i) => {
    if (row !== undefined) {
      bits[i] = from[row] ?? 0n;
      histograms[i] = stored?.histograms?.[row];
      starts[i] = stored?.startTimestampsMs?.[row] ?? 0;
    } else if (typeof value === "number") values[i] = value;
    else if (value === "stale") markStale(values, i);
    else histograms[i] = value;
  });
  return {
    labels,
    timestampsMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
    values,
    ...(histograms.some((one) => one !== undefined) ? { histograms } : {}),
    ...(stored?.startTimestampsMs === undefined ? {} : { startTimestampsMs: starts }),
  };
}
