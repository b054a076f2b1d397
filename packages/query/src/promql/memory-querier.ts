/** A store in memory: what unit tests of rules run on, and our own tests. */
import { labelsTest } from "./label-matcher.ts";
import { Labels } from "./labels.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type {
  Exemplar,
  MetadataRequest,
  MetricMetadata,
  MetricsQuerier,
  SelectRequest,
  SeriesExemplars,
  SeriesRequest,
  SeriesSamples,
} from "./querier.ts";
import { markStale } from "./stale-marker.ts";

export type MemorySample = number | NativeHistogram | "stale";

interface MemorySeries {
  readonly labels: Labels;
  readonly samples: Map<number, MemorySample>;
  readonly starts: Map<number, number>;
  /** Ascending times of the samples; undefined while they have to be sorted. */
  times: number[] | undefined;
}

export class MemoryQuerier implements MetricsQuerier {
  readonly #series = new Map<string, MemorySeries>();
  readonly #metadata: MetricMetadata[] = [];
  readonly #exemplars: { readonly labels: Labels; readonly exemplar: Exemplar }[] = [];

  clear(): void {
    this.#series.clear();
  }

  add(labels: Labels, timeMs: number, sample: MemorySample, startMs?: number): void {
    let series = this.#series.get(labels.key);
    if (series === undefined)
      this.#series.set(labels.key, (series = { labels, samples: new Map(), starts: new Map(), times: [] }));
    if (!series.samples.has(timeMs)) addTime(series, timeMs);
    series.samples.set(timeMs, sample);
    if (startMs !== undefined) series.starts.set(timeMs, startMs);
  }

  describe(metadata: MetricMetadata): void {
    this.#metadata.push(metadata);
  }

  addExemplar(labels: Labels, exemplar: Exemplar): void {
    this.#exemplars.push({ labels, exemplar });
  }

  async select({ matchers, startMs, endMs, hints }: SelectRequest): Promise<readonly SeriesSamples[]> {
    const matches = labelsTest(matchers);
    return [...this.#series.values()]
      .filter(({ labels }) => matches(labels))
      .map((series) => columnsOf(series, startMs, endMs, hints.needsStarts))
      .filter(({ timestampsMs }) => timestampsMs.length > 0);
  }

  async labelNames(request: SeriesRequest): Promise<readonly string[]> {
    const labels = await this.series(request);
    return [...new Set(labels.flatMap((one) => [...one].map(([name]) => name)))];
  }

  async labelValues(name: string, request: SeriesRequest): Promise<readonly string[]> {
    const labels = await this.series(request);
    return [...new Set(labels.map((one) => one.get(name)))].filter((value) => value !== "");
  }

  async series({ selectors, startMs, endMs }: SeriesRequest): Promise<readonly Labels[]> {
    const tests = selectors.map(labelsTest);
    return [...this.#series.values()]
      .filter(({ samples }) => [...samples.keys()].some((time) => time >= startMs && time <= endMs))
      .map(({ labels }) => labels)
      .filter((labels) => tests.length === 0 || tests.some((matches) => matches(labels)));
  }

  async metadata({ metric }: MetadataRequest): Promise<readonly MetricMetadata[]> {
    return this.#metadata.filter((one) => metric === undefined || one.metric === metric);
  }

  async exemplars({ selectors, startMs, endMs }: SeriesRequest): Promise<readonly SeriesExemplars[]> {
    const tests = selectors.map(labelsTest);
    const bySeries = new Map<string, { seriesLabels: Labels; exemplars: Exemplar[] }>();
    for (const { labels, exemplar } of this.#exemplars) {
      if (!tests.some((matches) => matches(labels))) continue;
      if (exemplar.timestampMs < startMs || exemplar.timestampMs > endMs) continue;
      const group = bySeries.get(labels.key) ?? { seriesLabels: labels, exemplars: [] };
      group.exemplars.push(exemplar);
      bySeries.set(labels.key, group);
    }
    return [...bySeries.values()];
  }
}

function addTime(series: MemorySeries, timeMs: number): void {
  const { times } = series;
  if (times === undefined) return;
  if (times.length > 0 && times.at(-1)! > timeMs) series.times = undefined;
  else times.push(timeMs);
}

function columnsOf(series: MemorySeries, startMs: number, endMs: number, needsStarts: boolean): SeriesSamples {
  const { labels, samples, starts } = series;
  const times = (series.times ??= [...samples.keys()].sort((a, b) => a - b));
  const timestampsMs = Float64Array.from(times.slice(countUpTo(times, startMs), countUpTo(times, endMs)));
  const values = new Float64Array(timestampsMs.length);
  let histograms: (NativeHistogram | undefined)[] | undefined;
  timestampsMs.forEach((timeMs, i) => {
    const sample = samples.get(timeMs);
    if (typeof sample === "number") values[i] = sample;
    else if (sample === "stale") markStale(values, i);
    else (histograms ??= Array.from(values, () => undefined))[i] = sample;
  });
  return {
    labels,
    timestampsMs,
    values,
    ...(histograms === undefined ? {} : { histograms }),
    ...(needsStarts && starts.size > 0 ? { startTimestampsMs: timestampsMs.map((time) => starts.get(time) ?? 0) } : {}),
  };
}

/** How many of ascending times are not after one. */
function countUpTo(times: readonly number[], timeMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
