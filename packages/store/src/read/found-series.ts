import type { ToldChanges } from "../metric-changes.ts";
import type { StoredSeries } from "./stored-metrics.ts";

/** After so long it is looked again, should series have gone in a way that nobody tells of. */
const MAX_AGE_MS = 600_000;

interface Found {
  readonly version: number;
  readonly foundMs: number;
  readonly series: readonly StoredSeries[];
}

/** What was found, by what was asked, until series come or go. Beyond the limit all is forgotten. */
export class FoundSeries {
  readonly #changes: Pick<ToldChanges, "seriesVersion">;
  readonly #limit: number;
  readonly #found = new Map<string, Found>();
  #count = 0;

  /** `limit`: of the series of all questions together. */
  constructor(changes: Pick<ToldChanges, "seriesVersion">, limit: number) {
    this.#changes = changes;
    this.#limit = limit;
  }

  /** What `find` gives, or gave for the same question. */
  async of(question: string, find: () => Promise<readonly StoredSeries[]>): Promise<readonly StoredSeries[]> {
    const { seriesVersion: version } = this.#changes;
    const known = this.#found.get(question);
    if (known?.version === version && performance.now() - known.foundMs < MAX_AGE_MS) return known.series;
    const foundMs = performance.now();
    const series = await find();
    this.#keep(question, { version, foundMs, series });
    return series;
  }

  #keep(question: string, found: Found): void {
    this.#count += found.series.length + 1 - (this.#found.get(question)?.series.length ?? -1);
    this.#found.set(question, found);
    if (this.#count <= this.#limit) return;
    this.#found.clear();
    this.#count = 0;
  }
}
