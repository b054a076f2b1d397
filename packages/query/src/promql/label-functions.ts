import { goRegExp } from "@clew/base";
import type { Call, Expr } from "./ast.ts";
import { unwrapped } from "./ast.ts";
import { Labels, METRIC_NAME } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { Series } from "./series.ts";

/** The text of a string argument. */
export function stringArgument(call: Call, index: number): string {
  const arg = call.args[index];
  const literal = arg && unwrapped(arg);
  return literal?.kind === "string" ? literal.value : "";
}

/** `label_replace(v, dst, replacement, src, regex)`. */
export function labelReplace(call: Call, series: readonly Series[]): readonly Series[] {
  const [target, replacement, source, expression] = [1, 2, 3, 4].map((i) => stringArgument(call, i)) as [
    string,
    string,
    string,
    string,
  ];
  const pattern = replacePattern(call, expression);
  if (!isLabelName(target)) fail(call, `invalid destination label name in label_replace(): ${target}`);
  return series.map((one) => {
    const match = pattern.exec(one.labels.get(source));
    return match === null ? one : relabelled(one, target, expanded(replacement, match));
  });
}

/** `label_join(v, dst, separator, src…)`. */
export function labelJoin(call: Call, series: readonly Series[]): readonly Series[] {
  const target = stringArgument(call, 1);
  const separator = stringArgument(call, 2);
  const sources = call.args.slice(3).map((_, i) => stringArgument(call, i + 3));
  const badSource = sources.find((name) => !isLabelName(name));
  if (badSource !== undefined) fail(call, `invalid source label name in label_join(): ${badSource}`);
  if (!isLabelName(target)) fail(call, `invalid destination label name in label_join(): ${target}`);
  return series.map((one) => relabelled(one, target, sources.map((name) => one.labels.get(name)).join(separator)));
}

/** The labels of what `absent` gives: those that the selector's equality matchers fix. */
export function absentLabels(expr: Expr): Labels {
  const inner = unwrapped(expr);
  const selector = inner.kind === "matrix" ? inner.selector : inner;
  if (selector.kind !== "vector") return Labels.empty;
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, operator, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (operator === "=" && !seen.has(name)) labels.set(name, value);
    else labels.delete(name);
    if (operator === "=") seen.add(name);
  }
  return Labels.from(labels);
}

/** Any text that is well-formed UTF-8; bytes that were not are lone surrogates by now. */
export function isLabelName(name: string): boolean {
  return name !== "" && !/\p{Cs}/u.test(name);
}

function relabelled(series: Series, name: string, value: string): Series {
  return Series.sharing(series, series.labels.with(name, value), name === METRIC_NAME ? false : series.dropName);
}

function replacePattern(call: Call, expression: string): RegExp {
  try {
    return goRegExp(expression, { whole: true, dotAll: true });
  } catch {
    return fail(call, `invalid regular expression in label_replace(): ${expression}`);
  }
}

/** Fills `$1`, `${1}`, `$name` and `$$` in, as Go's `Regexp.Expand` does. */
function expanded(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === "$$") return "$";
    const name = braced ?? bare ?? "";
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
  });
}

function fail(call: Call, problem: string): never {
  throw queryError("execution", problem, { position: call.position });
}
