/** What a query cost, as Prometheus's parameter `stats` has it told. */
import { type Grid, timeOf } from "./grid.ts";
import type { Buckets, NativeHistogram } from "./native-histogram.ts";
import type { Series } from "./series.ts";

export interface QueryStatistics {
  /** Samples that selectors saw, each as often as a step saw it. A histogram counts for as many as take its room. */
  readonly samples: number;
  /** The same for each step, where that was asked for and is switched on. */
  readonly samplesPerStep: readonly StepCount[] | undefined;
  /** Samples that had to be read: windows share most of theirs with the ones before. */
  readonly samplesRead: number;
  readonly samplesReadPerStep: readonly StepCount[] | undefined;
  /** Samples that were fetched, and points that were made of them. */
  readonly peakSamples: number;
  readonly preparationMs: number;
  readonly evaluationMs: number;
}

export interface StepCount {
  readonly timeMs: number;
  readonly samples: number;
}

/** Of Prometheus's sizes in memory: a histogram without buckets, one of its numbers, and a float with its time. */
const HISTOGRAM_BYTES = 168;
const NUMBER_BYTES = 8;
const SAMPLE_BYTES = 16;

/** Counts what selectors see at each step of a grid. */
export class SampleCounter {
  readonly #grid: Grid;
  readonly #seen: Float64Array;
  readonly #read: Float64Array;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.#seen = new Float64Array(grid.count);
    this.#read = new Float64Array(grid.count);
  }

  get total(): number {
    return sumOf(this.#seen);
  }

  get totalRead(): number {
    return sumOf(this.#read);
  }

  get perStep(): readonly StepCount[] {
    return this.#counts(this.#seen);
  }

  get readPerStep(): readonly StepCount[] {
    return this.#counts(this.#read);
  }

  /** What an instant selector saw. With `@` it reads once. */
  instants(series: readonly Series[], isFixed: boolean): void {
    for (const one of series) {
      for (let step = 0; step < one.present.length; step++) {
        if (one.present[step] !== 1) continue;
        const histogram = one.hasHistograms ? one.histogramAt(step) : undefined;
        const samples = histogram === undefined ? 1 : samplesIn(histogram);
        this.window(step, samples, isFixed && step > 0 ? 0 : samples);
      }
    }
  }

  /** What is in a window, and how much of that was not in the one before. */
  window(step: number, seen: number, read: number): void {
    this.#seen[step]! += seen;
    this.#read[step]! += read;
  }

  /** What a subquery read, at the first step that sees it; what no window sees doesn't count. */
  subquery(inner: SampleCounter, offsetMs: number, rangeMs: number): void {
    const { startMs, stepMs, count } = this.#grid;
    if (count === 0) return;
    for (const { timeMs, samples } of inner.readPerStep) {
      const atMs = timeMs + offsetMs;
      const step = count === 1 || atMs <= startMs ? 0 : Math.min(count - 1, Math.ceil((atMs - startMs) / stepMs));
      if (count === 1 || atMs > timeOf(this.#grid, step) - rangeMs) this.window(step, 0, samples);
    }
  }

  #counts(counts: Float64Array): readonly StepCount[] {
    return Array.from(counts, (samples, step) => ({ timeMs: timeOf(this.#grid, step), samples }));
  }
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
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
