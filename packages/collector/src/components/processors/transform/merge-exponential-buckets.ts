import type { MessageView } from "@clew/otlp";

/** The most buckets that come of joining two points, as offsets far apart would make very many. */
const MAX_BUCKETS = 10_000;

/** Adds the counts of one side of a point to another's of the same scale. */
export function mergeExponentialBuckets(into: MessageView, from: MessageView): void {
  const added = from.get("bucketCounts") as bigint[];
  if (added.length === 0) return;
  const own = into.get("bucketCounts") as bigint[];
  const ownOffset = into.get("offset") as number;
  const addedOffset = from.get("offset") as number;
  const start = own.length === 0 ? addedOffset : Math.min(ownOffset, addedOffset);
  const end = Math.max(ownOffset + own.length, addedOffset + added.length);
  const counts = Array.from({ length: Math.min(end - start, MAX_BUCKETS) }, () => 0n);
  const add = (list: readonly bigint[], offset: number): void => {
    // What lies beyond the last bucket is counted in it.
    for (const [i, count] of list.entries()) counts[Math.min(offset - start + i, counts.length - 1)]! += count;
  };
  add(own, ownOffset);
  add(added, addedOffset);
  into.set("offset", start);
  into.set("bucketCounts", counts);
}
