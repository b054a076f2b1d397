import type { Call } from "./ast.ts";
import { stringArgument } from "./label-functions.ts";
import { compareLabels } from "./labels.ts";
import type { Series } from "./series.ts";

/** `sort`, `sort_desc`, `sort_by_label`, `sort_by_label_desc`, for an instant query. NaN comes last; histograms are left out. */
export function sorted(call: Call, series: readonly Series[]): readonly Series[] {
  const sign = call.func.endsWith("_desc") ? -1 : 1;
  if (call.func.startsWith("sort_by_label")) return sortedByLabel(call, series, sign);
  return series
    .filter((one) => typeof one.at(0) === "number")
    .sort((a, b) => ranked(a.values[0] ?? NaN, b.values[0] ?? NaN, sign));
}

function ranked(a: number, b: number, sign: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : (a - b) * sign;
}

function sortedByLabel(call: Call, series: readonly Series[], sign: number): readonly Series[] {
  const names = call.args.slice(1).map((_, i) => stringArgument(call, i + 1));
  return [...series].sort((a, b) => {
    for (const name of names) {
      const order = compareNaturally(a.labels.get(name), b.labels.get(name));
      if (order !== 0) return sign * order;
    }
    return sign * compareLabels(a.labels, b.labels);
  });
}

/** Runs of digits compare as numbers: "node2" before "node10". */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const [x = "", y = ""] = [left?.[i], right?.[i]];
    const numeric = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    if (numeric !== 0) return numeric;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
