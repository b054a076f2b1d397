import type { StoredSeries } from "./stored-metrics.ts";

/** Series that were read before, by key. Beyond the limit all are forgotten and read anew. */
export class SeriesCache {
  readonly #limit: number;
  readonly #byKey = new Map<string, StoredSeries>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A series, if its points stand at these localities; undefined where it is not known. */
  at(key: string, localities: readonly string[]): StoredSeries | undefined {
    const series = this.#byKey.get(key);
    if (series === undefined) return undefined;
    const isSame =
      series.localities.length === localities.length &&
      localities.every((locality) => series.localities.includes(locality));
    return isSame ? series : { ...series, localities };
  }

  add(all: readonly StoredSeries[]): void {
    if (this.#byKey.size + all.length > this.#limit) this.#byKey.clear();
    for (const series of all) this.#byKey.set(series.key, series);
  }
}
