import type { ValueType } from "./ast.ts";

/** What a function takes and gives. */
interface Signature {
  readonly args: readonly ValueType[];
  /** How many arguments the last one may stand for beyond itself, where it may be left out; -1: any number; 0: it is fixed. */
  readonly variadic: number;
  readonly returns: ValueType;
  /** Whether it has to be switched on. */
  readonly isExperimental: boolean;
}

// One line for each shape: the functions, their arguments, how variadic, what they return.
const SHAPES: readonly (readonly [names: string, args: string, variadic: number, returns: ValueType])[] = [
  [
    "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt start_timestamp tan tanh timestamp",
    "vector",
    0,
    "vector",
  ],
  [
    "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
    "matrix",
    0,
    "vector",
  ],
  ["clamp", "vector scalar scalar", 0, "vector"],
  ["clamp_max clamp_min", "vector scalar", 0, "vector"],
  ["day_of_month day_of_week day_of_year days_in_month hour minute month year", "vector", 1, "vector"],
  ["end pi range start step time", "", 0, "scalar"],
  ["histogram_fraction", "scalar scalar vector", 0, "vector"],
  ["histogram_quantile", "scalar vector", 0, "vector"],
  ["histogram_quantiles", "vector string scalar scalar", 9, "vector"],
  ["double_exponential_smoothing", "matrix scalar scalar", 0, "vector"],
  ["info", "vector vector", 1, "vector"],
  ["label_replace", "vector string string string string", 0, "vector"],
  ["label_join", "vector string string string", -1, "vector"],
  ["max_of min_of", "scalar scalar", 0, "scalar"],
  ["predict_linear", "matrix scalar", 0, "vector"],
  ["quantile_over_time", "scalar matrix", 0, "vector"],
  ["round", "vector scalar", 1, "vector"],
  ["scalar", "vector", 0, "scalar"],
  ["sort_by_label sort_by_label_desc", "vector string", -1, "vector"],
  ["vector", "scalar", 0, "vector"],
];

export const EXPERIMENTAL_FUNCTIONS: ReadonlySet<string> = new Set(
  "double_exponential_smoothing end histogram_quantiles info mad_over_time max_of min_of range sort_by_label sort_by_label_desc start start_timestamp step ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time".split(
    " ",
  ),
);

export const SIGNATURES: ReadonlyMap<string, Signature> = new Map(
  SHAPES.flatMap(([names, args, variadic, returns]) => {
    const signature = { args: args === "" ? [] : (args.split(" ") as ValueType[]), variadic, returns };
    return names
      .split(" ")
      .map((name) => [name, { ...signature, isExperimental: EXPERIMENTAL_FUNCTIONS.has(name) }] as const);
  }),
);

export const FUNCTION_NAMES: readonly string[] = [...SIGNATURES.keys()];
