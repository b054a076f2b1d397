import { markStale, type Labels, type NativeHistogram, type SeriesSamples } from "@clew/query";

export interface SampleTimes {
  readonly timestampMs: number;
  /** When the counting began; 0 where that is not known. */
  readonly startMs: number;
}

interface Sample extends SampleTimes {
  readonly value: number;
  readonly stale: boolean;
  readonly histogram: NativeHistogram | undefined;
}

/**
 * Gathers samples by label set. Several stored series may have the same labels in Prometheus's
 * eyes (they differ in a resource attribute, say): their samples then make one series.
 */
export class SampleSets {
  readonly #wanted: (labels: Labels) => boolean;
  readonly #sets = new Map<string, { labels: Labels; samples: Sample[]; parts: number }>();

  constructor(wanted: (labels: Labels) => boolean) {
    this.#wanted = wanted;
  }

  /** Where to add the samples of one stored series under these labels; undefined where the query does not want them. */
  open(labels: Labels): SampleSet | undefined {
    if (!this.#wanted(labels)) return undefined;
    const set = this.#sets.get(labels.key) ?? { labels, samples: [], parts: 0 };
    this.#sets.set(labels.key, set);
    set.parts++;
    return new SampleSet(set.samples);
  }

  finish(): SeriesSamples[] {
    return [...this.#sets.values()]
      .filter(({ samples }) => samples.length > 0)
      .map(({ labels, samples, parts }) => columnsOf(labels, parts > 1 ? inOrder(samples) : samples));
  }
}

export class SampleSet {
  readonly #samples: Sample[];

  constructor(samples: Sample[]) {
    this.#samples = samples;
  }

  add({ timestampMs, startMs }: SampleTimes, value: number, stale: boolean, histogram?: NativeHistogram): void {
    this.#samples.push({ timestampMs, startMs, value, stale, histogram });
  }
}

/** By time; of samples with one time, the last that was added. */
function inOrder(samples: readonly Sample[]): Sample[] {
  const sorted = samples.toSorted((a, b) => a.timestampMs - b.timestampMs);
  return sorted.filter((sample, i) => sorted[i + 1]?.timestampMs !== sample.timestampMs);
}

function columnsOf(labels: Labels, samples: readonly Sample[]): SeriesSamples {
  const timestampsMs = new Float64Array(samples.length);
  const startTimestampsMs = new Float64Array(samples.length);
  const values = new Float64Array(samples.length);
  const histograms: (NativeHistogram | undefined)[] = [];
  let hasHistograms = false;
  for (const [i, sample] of samples.entries()) {
    timestampsMs[i] = sample.timestampMs;
    startTimestampsMs[i] = sample.startMs;
    values[i] = sample.value;
    if (sample.stale) markStale(values, i);
    histograms.push(sample.stale ? undefined : sample.histogram);
    hasHistograms ||= histograms[i] !== undefined;
  }
  return {
    labels,
    timestampsMs,
    values,
    ...(hasHistograms ? { histograms } : {}),
    ...(samples.some(({ startMs }) => startMs !== 0) ? { startTimestampsMs } : {}),
  };
}
