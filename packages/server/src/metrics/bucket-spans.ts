import type { Buckets } from "@clew/query";

/** Buckets that follow one another: how far the first is from the one before the span, or from bucket 0, and how many they are. */
export interface BucketSpan {
  readonly offset: number;
  readonly length: number;
}

/** The buckets that hold something, as Prometheus's messages have them. */
export function spansOf({ offset, counts }: Buckets): { spans: BucketSpan[]; counts: number[] } {
  const spans: { offset: number; length: number }[] = [];
  const held: number[] = [];
  let next = 0;
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const index = offset + i;
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
    held.push(count);
  }
  return { spans, counts: held };
}
