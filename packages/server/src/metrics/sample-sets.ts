import { markStale, type Labels, type NativeHistogram, type SeriesSamples } from "@clew/query";

export interface SampleTimes {
  readonly timestampMs: number;
  /** When the counting began; 0 where that is not known. */
  readonly startMs: number;
}

/**
 * Gathers samples by label set. Several stored series may have the same labels in Prometheus's
 * eyes (they differ in a resource attribute, say): their samples then make one series.
 */
export class SampleSets {
  readonly #wanted: (labels: Labels) => boolean;
  readonly #sets = new Map<string, SampleSet>();
  /** Whether a family ended: that shows in those of its parts that it had before, in the window. */
  hasEnds = false;

  constructor(wanted: (labels: Labels) => boolean) {
    this.#wanted = wanted;
  }

  /** Where to add the samples of one stored series under these labels; undefined where the query does not want them. */
  open(labels: Labels): SampleSet | undefined {
    if (!this.#wanted(labels)) return undefined;
    let set = this.#sets.get(labels.key);
    if (set === undefined) this.#sets.set(labels.key, (set = new SampleSet(labels)));
    return set;
  }

  finish(): SeriesSamples[] {
    return [...this.#sets.values()].filter(({ size }) => size > 0).map((set) => set.finish());
  }
}

/** Samples of one series in columns, by ascending time. Whoever is given them may keep and change them. */
export interface SampleColumns {
  readonly timestampsMs: Float64Array;
  /** Absent where no start is known. */
  readonly startsMs: Float64Array | undefined;
  readonly values: Float64Array;
  /** 1 where the series has ended. */
  readonly stale: Uint8Array;
  /** How many samples each value is the mean of; absent where each is one. */
  readonly sampleCounts?: Float64Array | undefined;
}

/** One series' samples. */
export class SampleSet {
  readonly #labels: Labels;
  /** All of them, where they came in columns and at once, as they mostly do. */
  #columns: SampleColumns | undefined;
  /** All of them, where not. */
  #rows: SampleRows | undefined;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  get size(): number {
    return this.#columns?.values.length ?? this.#rows?.size ?? 0;
  }

  addColumns(columns: SampleColumns): void {
    if (this.size === 0 && isAscending(columns.timestampsMs)) this.#columns = columns;
    else this.#inRows().addColumns(columns);
  }

  add(times: SampleTimes, value: number, stale: boolean, histogram?: NativeHistogram): void {
    this.#inRows().add(times, value, stale, histogram);
  }

  #inRows(): SampleRows {
    const rows = (this.#rows ??= new SampleRows());
    if (this.#columns !== undefined) rows.addColumns(this.#columns);
    this.#columns = undefined;
    return rows;
  }

  finish(): SeriesSamples {
    if (this.#columns !== undefined) return finishColumns(this.#labels, this.#columns);
    return (this.#rows ?? new SampleRows()).finish(this.#labels);
  }
}

/** Samples that come one by one, or from several stored series, in any order. */
class SampleRows {
  readonly #timestampsMs: number[] = [];
  readonly #startsMs: number[] = [];
  readonly #values: number[] = [];
  /** Rows of stale markers and of histograms, which most series have none of. */
  readonly #stale = new Set<number>();
  readonly #histograms = new Map<number, NativeHistogram>();
  /** Rows of values that are the mean of more samples than one. */
  readonly #sampleCounts = new Map<number, number>();
  #isInOrder = true;

  get size(): number {
    return this.#values.length;
  }

  add({ timestampMs, startMs }: SampleTimes, value: number, stale: boolean, histogram?: NativeHistogram): void {
    const row = this.#values.length;
    if (row > 0 && timestampMs <= this.#timestampsMs[row - 1]!) this.#isInOrder = false;
    this.#timestampsMs.push(timestampMs);
    this.#startsMs.push(startMs);
    this.#values.push(value);
    if (stale) this.#stale.add(row);
    else if (histogram !== undefined) this.#histograms.set(row, histogram);
  }

  addColumns({ timestampsMs, startsMs, values, stale, sampleCounts }: SampleColumns): void {
    for (let i = 0; i < values.length; i++) {
      if (sampleCounts !== undefined) this.#sampleCounts.set(this.#values.length, sampleCounts[i]!);
      this.add({ timestampMs: timestampsMs[i]!, startMs: startsMs?.[i] ?? 0 }, values[i]!, stale[i] === 1);
    }
  }

  finish(labels: Labels): SeriesSamples {
    const rows = this.#rowsInOrder();
    const columnOf = (column: readonly number[]): Float64Array =>
      rows === undefined ? Float64Array.from(column) : Float64Array.from(rows, (row) => column[row]!);
    const values = columnOf(this.#values);
    const startTimestampsMs = columnOf(this.#startsMs);
    const rowAt = (i: number): number => (rows === undefined ? i : rows[i]!);
    if (this.#stale.size > 0)
      for (let i = 0; i < values.length; i++) if (this.#stale.has(rowAt(i))) markStale(values, i);
    return {
      labels,
      timestampsMs: columnOf(this.#timestampsMs),
      values,
      ...(this.#histograms.size > 0
        ? { histograms: Array.from(values, (_value, i) => this.#histograms.get(rowAt(i))) }
        : {}),
      ...(this.#startsMs.some((startMs) => startMs !== 0) ? { startTimestampsMs } : {}),
      ...(this.#sampleCounts.size > 0
        ? { sampleCounts: Float64Array.from(values, (_value, i) => this.#sampleCounts.get(rowAt(i)) ?? 1) }
        : {}),
    };
  }

  /** Rows by time, of several with one time the last that was added; undefined where they are so already. */
  #rowsInOrder(): number[] | undefined {
    if (this.#isInOrder) return undefined;
    const times = this.#timestampsMs;
    const sorted = times.map((_time, row) => row).sort((a, b) => times[a]! - times[b]! || a - b);
    return sorted.filter((row, i) => i === sorted.length - 1 || times[sorted[i + 1]!] !== times[row]);
  }
}

function finishColumns(
  labels: Labels,
  { timestampsMs, startsMs, values, stale, sampleCounts }: SampleColumns,
): SeriesSamples {
  for (let row = stale.indexOf(1); row >= 0; row = stale.indexOf(1, row + 1)) markStale(values, row);
  const hasStarts = startsMs?.some((startMs) => startMs !== 0) === true;
  return {
    labels,
    timestampsMs,
    values,
    ...(hasStarts ? { startTimestampsMs: startsMs } : {}),
    ...(sampleCounts === undefined ? {} : { sampleCounts }),
  };
}

function isAscending(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if (times[i]! <= times[i - 1]!) return false;
  return true;
}
