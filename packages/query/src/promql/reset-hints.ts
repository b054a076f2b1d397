/**
 * What is known of counter resets where a query wants no more of histograms than counts and sums: Prometheus then
 * compares neighbouring samples as it reads them, and so finds collisions of hints that it does not find elsewhere.
 */
import type { Expr } from "./ast.ts";
import { isReset } from "./histogram-math.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import type { SeriesSamples } from "./querier.ts";

const STATISTICS = new Set(["histogram_count", "histogram_sum", "histogram_avg"]);
const OF_BUCKETS = new Set(["histogram_quantile", "histogram_quantiles", "histogram_fraction"]);

/** The selectors of which only counts and sums are wanted: nothing around them looks at buckets or skips samples. */
export function statisticsSelectors(expr: Expr): ReadonlySet<Expr> {
  const found = new Set<Expr>();
  const visit = (node: Expr, isWanted: boolean): void => {
    switch (node.kind) {
      case "vector":
        if (isWanted) found.add(node);
        return;
      case "matrix":
        return visit(node.selector, isWanted);
      case "paren":
      case "unary":
        return visit(node.expr, isWanted);
      case "aggregate":
        if (node.parameter !== undefined) visit(node.parameter, isWanted);
        return visit(node.expr, isWanted);
      case "binary":
        if (node.operator === "</" || node.operator === ">/") return;
        visit(node.left, isWanted);
        return visit(node.right, isWanted);
      case "call":
        if (OF_BUCKETS.has(node.func)) return;
        for (const arg of node.args) visit(arg, isWanted || STATISTICS.has(node.func));
        return;
      case "subquery":
      case "number":
      case "string":
        return;
    }
  };
  visit(expr, false);
  return found;
}

/** The same samples, each histogram compared with the one before it where the store tells nothing of a reset. */
export function withResetHints(samples: SeriesSamples): SeriesSamples {
  const { histograms } = samples;
  if (histograms === undefined) return samples;
  let previous: NativeHistogram | undefined;
  const hinted = histograms.map((histogram) => {
    const before = previous;
    previous = histogram ?? previous;
    if (histogram === undefined || before === undefined || histogram.counterReset !== "unknown") return histogram;
    const counterReset = isReset(histogram, before) ? ("reset" as const) : ("not_reset" as const);
    return { ...histogram, counterReset };
  });
  return { ...samples, histograms: hinted };
}
