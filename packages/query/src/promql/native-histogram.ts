/** The schema number that stands for explicit bounds instead of exponential ones. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/** What is known about whether the counts fell since the sample before. A gauge's may fall at any time. */
export type CounterResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/**
 * Counts of neighbouring buckets, empty ones included: `counts[i]` belongs to bucket `offset + i`.
 * With an exponential schema `s`, bucket `n` holds values in `(2^((n-1)·2^-s), 2^(n·2^-s)]`
 * (an OTLP bucket of index `k` is bucket `k + 1` here). With custom bounds, bucket `n` holds values
 * in `(bounds[n-1], bounds[n]]`, and the last one has no upper bound.
 */
export interface Buckets {
  readonly offset: number;
  readonly counts: Float64Array;
}

/** A histogram as one sample. `negative` mirrors `positive` on the other side of zero. */
export interface NativeHistogram {
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Ascending upper bounds without +Inf; empty unless `schema` is `CUSTOM_BUCKETS_SCHEMA`. */
  readonly customBounds: Float64Array;
  readonly counterReset: CounterResetHint;
}
