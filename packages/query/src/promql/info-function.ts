import { type Call, type Expr, unwrapped } from "./ast.ts";
import { labelsTest, labelTest, type LabelMatcher } from "./label-matcher.ts";
import { Labels, METRIC_NAME } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { type Series, SeriesMap } from "./series.ts";
import { durationMs, type QueryTimes, type Reference, referenceOf } from "./timing.ts";

/** The labels by which a series finds its info metric. */
const IDENTIFYING: ReadonlySet<string> = new Set(["instance", "job"]);
const DEFAULT_INFO_METRIC: LabelMatcher = { name: METRIC_NAME, operator: "=", value: "target_info" };
const ANY_INFO_METRIC: LabelMatcher = { name: METRIC_NAME, operator: "=~", value: ".+_info" };

/** What the info series of a call of `info(v, {…})` must meet: names and labels of its second argument, else `target_info`. */
export function infoMatchers(call: Call): readonly LabelMatcher[] {
  return [...nameMatchers(call), ...dataMatchers(call)];
}

function nameMatchers(call: Call): readonly LabelMatcher[] {
  const names = givenMatchers(call).filter(({ name }) => name === METRIC_NAME);
  if (names.length === 0) return [DEFAULT_INFO_METRIC];
  return names.some(({ operator }) => operator === "=" || operator === "=~") ? names : [ANY_INFO_METRIC, ...names];
}

function dataMatchers(call: Call): readonly LabelMatcher[] {
  return givenMatchers(call).filter(({ name }) => name !== METRIC_NAME);
}

function givenMatchers({ args: [, second] }: Call): readonly LabelMatcher[] {
  const selector = second && unwrapped(second);
  return selector?.kind === "vector" ? selector.matchers : [];
}

/** Info series are looked at when the first selector in a call's first argument looks. */
export function infoReference({ args: [first] }: Call, times: QueryTimes): Reference {
  return (first && firstReference(first, times)) ?? { fixedMs: undefined, offsetMs: 0 };
}

function firstReference(expr: Expr, times: QueryTimes): Reference | undefined {
  switch (expr.kind) {
    case "vector":
      return referenceOf(expr, times);
    case "matrix":
      return referenceOf(expr.selector, times);
    case "subquery": {
      const inner = firstReference(expr.expr, times);
      if (inner === undefined || inner.fixedMs !== undefined) return inner;
      // Offsets add up until an `@` says when.
      const offsetMs = inner.offsetMs + (expr.offset === undefined ? 0 : durationMs(expr.offset, times, true));
      return { fixedMs: referenceOf(expr, times).fixedMs, offsetMs };
    }
    case "paren":
    case "unary":
    case "aggregate":
      return firstReference(expr.expr, times);
    case "binary":
      return firstReference(expr.left, times) ?? firstReference(expr.right, times);
    case "call":
      for (const arg of expr.args) {
        const found = firstReference(arg, times);
        if (found !== undefined) return found;
      }
      return undefined;
    default:
      return undefined;
  }
}

/**
 * `info(v, {…})`: adds the labels of the info series with the same `instance` and `job`. The points of `infos`
 * are the times of their samples: of two series of one info metric, the newer counts.
 */
export function addInfo(
  call: Call,
  base: readonly Series[],
  infos: readonly Series[],
  count: number,
): readonly Series[] {
  const isInfoMetric = labelsTest(nameMatchers(call));
  const byIdentity = new Map<string, Series[]>();
  for (const info of infos) {
    const { key } = info.labels.keeping(IDENTIFYING);
    byIdentity.set(key, [...(byIdentity.get(key) ?? []), info]);
  }
  const out = new SeriesMap(count);
  for (const series of base) {
    const isItself = isInfoMetric(Labels.of({ [METRIC_NAME]: series.labels.metricName }));
    const joined = isItself ? [] : (byIdentity.get(series.labels.keeping(IDENTIFYING).key) ?? []);
    for (let step = 0; step < count; step++) {
      const sample = series.at(step);
      const added = isItself ? Labels.empty : infoLabels(call, joined, series.labels, step);
      if (sample === undefined || added === undefined) continue;
      out.get(Labels.from([...added, ...series.labels]), series.dropName).set(step, sample);
    }
  }
  return out.nonEmpty;
}

/** The labels to add at a step; nothing where a wanted label is missing, so that the series falls away. */
function infoLabels(call: Call, infos: readonly Series[], base: Labels, step: number): Labels | undefined {
  const wanted = dataMatchers(call);
  const newest = newestOf(call, infos, step);
  if (newest.length === 0) return wanted.every((matcher) => labelTest(matcher)("")) ? Labels.empty : undefined;
  const names = new Set(wanted.map(({ name }) => name));
  const added = new Map<string, string>();
  for (const { labels } of newest) {
    for (const [name, value] of labels) {
      if (name === METRIC_NAME || (names.size > 0 && !names.has(name))) continue;
      if ((added.get(name) ?? value) !== value) {
        throw queryError("execution", `conflicting label: ${name}`, { position: call.position });
      }
      if (base.get(name) === "") added.set(name, value);
    }
  }
  return Labels.from(added);
}

function newestOf(call: Call, infos: readonly Series[], step: number): readonly Series[] {
  const newest = new Map<string, Series>();
  for (const info of infos) {
    if (info.present[step] !== 1) continue;
    const known = newest.get(info.labels.metricName);
    const [time, knownTime] = [info.values[step] ?? 0, known?.values[step] ?? -Infinity];
    if (known !== undefined && time === knownTime) {
      const pair = [known, info].map(({ labels }) => `${labels.toString()} @ ${Math.trunc(time * 1000)}`);
      const problem = `found duplicate series for info metric: existing ${pair.join(", new ")}`;
      throw queryError("execution", problem, { position: call.position });
    }
    if (time > knownTime) newest.set(info.labels.metricName, info);
  }
  return [...newest.values()];
}
