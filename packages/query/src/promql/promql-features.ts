/** What of PromQL is experimental: it is there where somebody switched it on, as with Prometheus's `--enable-feature`. */

/** What decides which queries can be read. */
export interface SyntaxFeatures {
  /** Functions and aggregations that are not stable yet. */
  readonly experimentalFunctions: boolean;
  /** `anchored` and `smoothed`. */
  readonly extendedRangeSelectors: boolean;
  /** `fill`, `fill_left` and `fill_right`. */
  readonly binopFillModifiers: boolean;
}

export interface PromqlFeatures extends SyntaxFeatures {
  /** A metric's name falls away when the query is done, instead of where its values become something else. */
  readonly delayedNameRemoval: boolean;
  /** When the counting of samples began is looked at, by `rate` and its like. */
  readonly startTimestamps: boolean;
  /** Whether statistics can tell of each step. */
  readonly perStepStatistics: boolean;
  /** Series have labels with the type and unit of their metric: remarks are made by them. */
  readonly typeAndUnitLabels: boolean;
}

/** As Prometheus is without flags. */
export const STABLE_FEATURES: PromqlFeatures = {
  experimentalFunctions: false,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
  delayedNameRemoval: false,
  startTimestamps: false,
  perStepStatistics: false,
  typeAndUnitLabels: false,
};

/** Experimental syntax, late names and start times: what Prometheus's own tests switch on. */
export const EXPERIMENTAL_FEATURES: PromqlFeatures = {
  ...STABLE_FEATURES,
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
  delayedNameRemoval: true,
  startTimestamps: true,
};
