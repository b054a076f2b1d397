/** What a query cost, as Prometheus's parameter `stats` has it told. */
import type { Buckets, NativeHistogram } from "./native-histogram.ts";
import type { Series } from "./series.ts";

export interface QueryStatistics {
  /** Samples that selectors saw, each as often as a step saw it. A histogram counts for as many as take its room. */
  readonly samples: number;
  /** Samples that were fetched, and points that were made of them. */
  readonly peakSamples: number;
  readonly preparationMs: number;
  readonly evaluationMs: number;
}

/** Of Prometheus's sizes in memory: a histogram without buckets, one of its numbers, and a float with its time. */
const HISTOGRAM_BYTES = 168;
const NUMBER_BYTES = 8;
const SAMPLE_BYTES = 16;

export class SampleCounter {
  total = 0;

  /** What an instant selector saw. */
  instants(series: readonly Series[]): void {
    for (const one of series) {
      for (let step = 0; step < one.present.length; step++) {
        if (one.present[step] !== 1) continue;
        const histogram = one.hasHistograms ? one.histogramAt(step) : undefined;
        this.total += histogram === undefined ? 1 : samplesIn(histogram);
      }
    }
  }
}

/** How many floats take the room of a histogram. */
export function samplesIn({ positive, negative, customBounds }: NativeHistogram): number {
  const numbers = numbersIn(positive) + numbersIn(negative) + customBounds.length;
  return Math.floor((HISTOGRAM_BYTES + NUMBER_BYTES * (numbers + 1)) / SAMPLE_BYTES);
}

/** Buckets that hold something, and the spans that say where they are. */
function numbersIn({ counts }: Buckets): number {
  let numbers = 0;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    numbers++;
    if (i === 0 || counts[i - 1] === 0) numbers++;
  }
  return numbers;
}
