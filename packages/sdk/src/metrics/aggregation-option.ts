/** What a view or a reader may choose as the aggregation of an instrument. */
import { type InstrumentType, isObservable } from "./instrument-type.ts";

export const AggregationType = {
  DEFAULT: 0,
  DROP: 1,
  SUM: 2,
  LAST_VALUE: 3,
  EXPLICIT_BUCKET_HISTOGRAM: 4,
  EXPONENTIAL_HISTOGRAM: 5,
  0: "DEFAULT",
  1: "DROP",
  2: "SUM",
  3: "LAST_VALUE",
  4: "EXPLICIT_BUCKET_HISTOGRAM",
  5: "EXPONENTIAL_HISTOGRAM",
} as const;
export type AggregationType = Extract<(typeof AggregationType)[keyof typeof AggregationType], number>;

export type AggregationOption =
  | {
      /** By the type of the instrument: sum, last value, or explicit bucket histogram with the advised boundaries. */
      readonly type: typeof AggregationType.DEFAULT;
    }
  | { readonly type: typeof AggregationType.DROP }
  | { readonly type: typeof AggregationType.SUM }
  | { readonly type: typeof AggregationType.LAST_VALUE }
  | {
      readonly type: typeof AggregationType.EXPLICIT_BUCKET_HISTOGRAM;
      readonly options?: {
        /** True */
        readonly recordMinMax?: boolean;
        /** Ascending upper boundaries, each within its bucket. 0, 5, 10, 25, 50, 75, 100, 250 … 10000 */
        readonly boundaries?: readonly number[];
      };
    }
  | {
      readonly type: typeof AggregationType.EXPONENTIAL_HISTOGRAM;
      readonly options?: {
        /** True */
        readonly recordMinMax?: boolean;
        /** How many buckets there are at most on each side of zero, at least 2. 160 */
        readonly maxSize?: number;
        /** How fine the buckets are at most: they grow by 2^(2^-scale). From -10 to 20. 20 */
        readonly maxScale?: number;
      };
    };

/** Why an instrument cannot be aggregated so; `undefined` when it can. */
export function aggregationProblem(option: AggregationOption, type: InstrumentType): string | undefined {
  const isHistogram =
    option.type === AggregationType.EXPLICIT_BUCKET_HISTOGRAM || option.type === AggregationType.EXPONENTIAL_HISTOGRAM;
  if (isHistogram && isObservable(type)) return "an observable instrument cannot have a histogram";
  if (option.type === AggregationType.EXPLICIT_BUCKET_HISTOGRAM) return boundariesProblem(option.options?.boundaries);
  if (option.type !== AggregationType.EXPONENTIAL_HISTOGRAM) return undefined;
  const { maxSize = 2, maxScale = 20 } = option.options ?? {};
  if (!Number.isInteger(maxSize) || maxSize < 2) return `maxSize is ${maxSize}, expected a whole number from 2`;
  if (!Number.isInteger(maxScale) || maxScale < -10 || maxScale > 20) {
    return `maxScale is ${maxScale}, expected a whole number from -10 to 20`;
  }
  return undefined;
}

/** Why these cannot be the boundaries of a histogram. */
export function boundariesProblem(boundaries: unknown): string | undefined {
  if (boundaries === undefined) return undefined;
  const isAscending =
    Array.isArray(boundaries) &&
    boundaries.every(
      (boundary: unknown, i) =>
        typeof boundary === "number" && Number.isFinite(boundary) && (i === 0 || boundary > boundaries[i - 1]),
    );
  return isAscending ? undefined : "the bucket boundaries are not ascending numbers";
}
