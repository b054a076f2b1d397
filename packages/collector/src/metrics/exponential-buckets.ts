/** Buckets of exponential histograms: parted, merged and subtracted as the data model says. */
import type { MessageView } from "@clew/otlp";

/** The counts of buckets from index `offset` on. */
export interface Buckets {
  readonly offset: number;
  readonly counts: readonly bigint[];
  /** Parts them where their values pass `threshold`. */
  above(threshold: number, scale: number): { readonly kept: Buckets; readonly below: bigint };
}

export function bucketsOf(point: MessageView, sign: "positive" | "negative"): Buckets {
  if (!point.has(sign)) return buckets(0, []);
  const view = point.one(sign);
  return buckets(view.get("offset") as number, view.get("bucketCounts") as readonly bigint[]);
}

export function buckets(offset: number, counts: readonly bigint[]): Buckets {
  return {
    offset,
    counts,
    above(threshold, scale) {
      // The bucket that the threshold falls into: index i holds (base^i, base^(i+1)].
      const first = Math.ceil((Math.log(threshold) / Math.LN2) * 2 ** scale) - 1;
      const cut = Math.min(Math.max(first + 1 - offset, 0), counts.length);
      const below = counts.slice(0, cut).reduce((total, one) => total + one, 0n);
      return { kept: buckets(offset + cut, counts.slice(cut)), below };
    },
  };
}

/** The same at a scale that is lower by `steps`: each step joins two buckets. */
export function coarsened({ offset, counts }: Buckets, steps: number): Buckets {
  if (steps <= 0 || counts.length === 0) return buckets(offset, counts);
  const width = 2 ** steps;
  const first = Math.floor(offset / width);
  const last = Math.floor((offset + counts.length - 1) / width);
  const merged = Array.from({ length: last - first + 1 }, () => 0n);
  for (const [i, one] of counts.entries()) {
    const index = Math.floor((offset + i) / width) - first;
    merged[index] = merged[index]! + one;
  }
  return buckets(first, merged);
}

/** `a` less `b`; both at one scale. */
export function difference(a: Buckets, b: Buckets): Buckets {
  return combined(a, b, (x, y) => x - y);
}

export function sum(a: Buckets, b: Buckets): Buckets {
  return combined(a, b, (x, y) => x + y);
}

function combined(a: Buckets, b: Buckets, combine: (x: bigint, y: bigint) => bigint): Buckets {
  if (b.counts.length === 0) return a;
  const first = a.counts.length === 0 ? b.offset : Math.min(a.offset, b.offset);
  const end = Math.max(a.counts.length === 0 ? first : a.offset + a.counts.length, b.offset + b.counts.length);
  const at = ({ offset, counts }: Buckets, index: number): bigint => counts[index - offset] ?? 0n;
  const all = Array.from({ length: end - first }, (_unused, i) => combine(at(a, first + i), at(b, first + i)));
  return buckets(first, all);
}
