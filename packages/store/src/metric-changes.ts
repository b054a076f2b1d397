/** Tells those who keep metrics in memory when stored ones are no longer the same. */
import { oldestTimeMs } from "./block/oldest-time.ts";
import { POINT_TABLES } from "./schema/metrics.ts";

/** `fromMs`: all points before that time are as they were. */
export type PointListener = (fromMs: number) => void;

export interface ToldChanges {
  /** Another number whenever series may have come or gone. */
  readonly seriesVersion: number;
  /** Calls `listener` after each change of points, when readers see it already, until the returned function is called. It must not throw. */
  subscribe(listener: PointListener): () => void;
}

export class MetricChanges implements ToldChanges {
  readonly #listeners = new Set<PointListener>();
  #seriesVersion = 0;

  get seriesVersion(): number {
    return this.#seriesVersion;
  }

  subscribe(listener: PointListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Blocks that are in a table now. */
  inserted(table: string, blocks: readonly Uint8Array[]): void {
    if (table === "metric_series") this.#seriesVersion++;
    else if (table in POINT_TABLES && this.#listeners.size > 0) this.#tell(Math.min(...blocks.map(oldestTimeMs)));
  }

  /** Anything may be another now. */
  replaced(): void {
    this.#seriesVersion++;
    this.#tell(-Infinity);
  }

  #tell(fromMs: number): void {
    for (const listener of this.#listeners) listener(fromMs);
  }
}
