/** `clew_query_cache_*`: what is kept of samples that queries read, among the collector's own metrics. */
import type { Meter } from "@clew/collector";
import type { SampleCacheCounts } from "@clew/server";

/** Who keeps samples; undefined where none are kept. */
export interface WithCache {
  readonly cacheCounts: SampleCacheCounts | undefined;
}

/** Registers them, each of all caches together. The returned function ends them. */
export function observeQueryCache(caches: readonly WithCache[], meter: Meter): () => void {
  if (caches.every(({ cacheCounts }) => cacheCounts === undefined)) return () => {};
  const read = (name: keyof SampleCacheCounts) => (): number =>
    caches.reduce((sum, { cacheCounts }) => sum + (cacheCounts?.[name] ?? 0), 0);
  const ends = [
    meter.gauge("clew_query_cache_bytes", "What is kept of samples that queries read.", {}, read("byteLength")),
    meter.gauge("clew_query_cache_limit_bytes", "What may be kept: --query-cache.", {}, read("limitBytes")),
    meter.observedCounter(
      "clew_query_cache_hits",
      "Selections whose samples were kept, all of them or all but the newest.",
      {},
      read("hits"),
    ),
    meter.observedCounter("clew_query_cache_misses", "Selections that were read whole.", {}, read("misses")),
    meter.observedCounter(
      "clew_query_cache_evictions",
      "Selections that were forgotten, or not kept, because of the limit.",
      {},
      read("evictions"),
    ),
  ];
  return () => ends.forEach((end) => end());
}
