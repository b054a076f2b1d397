import { type Call, unwrapped } from "./ast.ts";
import { labelTest, type LabelMatcher } from "./label-matcher.ts";
import { Labels, METRIC_NAME } from "./labels.ts";
import { queryError } from "./query-error.ts";
import { type Series, SeriesMap } from "./series.ts";

/** The labels by which a series finds its info metric. */
const IDENTIFYING: ReadonlySet<string> = new Set(["instance", "job"]);

/** `info(v, {…})`: adds the labels of the info series with the same `instance` and `job`. */
export function addInfo(
  call: Call,
  base: readonly Series[],
  infos: readonly Series[],
  count: number,
): readonly Series[] {
  const [, second] = call.args;
  const selector = second && unwrapped(second);
  const wanted = selector?.kind === "vector" ? selector.matchers.filter(({ name }) => name !== METRIC_NAME) : [];
  const isInfoMetric = new Set(infos.map(({ labels }) => labels.key));
  const byIdentity = new Map<string, Series[]>();
  for (const info of infos) {
    const { key } = info.labels.keeping(IDENTIFYING);
    byIdentity.set(key, [...(byIdentity.get(key) ?? []), info]);
  }
  const out = new SeriesMap(count);
  for (const series of base) {
    const joined = isInfoMetric.has(series.labels.key)
      ? []
      : (byIdentity.get(series.labels.keeping(IDENTIFYING).key) ?? []);
    for (let step = 0; step < count; step++) {
      const sample = series.at(step);
      if (sample === undefined) continue;
      const added = isInfoMetric.has(series.labels.key)
        ? Labels.empty
        : infoLabels(call, joined, wanted, series.labels, step);
      if (added === undefined) continue;
      out.get(Labels.from([...added, ...series.labels]), series.dropName).set(step, sample);
    }
  }
  return out.nonEmpty;
}

/** The labels to add at a step; nothing where a wanted label is missing, so that the series falls away. */
function infoLabels(
  call: Call,
  infos: readonly Series[],
  wanted: readonly LabelMatcher[],
  base: Labels,
  step: number,
): Labels | undefined {
  const newest = new Map<string, Series>();
  for (const info of infos) {
    if (info.present[step] !== 1) continue;
    const known = newest.get(info.labels.metricName);
    if (known !== undefined && known.values[step] === info.values[step]) {
      const problem = `found duplicate series for info metric: existing ${known.labels.toString()}, new ${info.labels.toString()}`;
      throw queryError("execution", problem, { position: call.position });
    }
    if (known === undefined || (known.values[step] ?? 0) < (info.values[step] ?? 0))
      newest.set(info.labels.metricName, info);
  }
  const names = new Set(wanted.map(({ name }) => name));
  const added = new Map<string, string>();
  for (const { labels } of newest.values()) {
    for (const [name, value] of labels) {
      const isWanted = names.size === 0 || names.has(name);
      if (name === METRIC_NAME || IDENTIFYING.has(name) || !isWanted || base.get(name) !== "") continue;
      if (wanted.every((matcher) => matcher.name !== name || labelTest(matcher)(value))) added.set(name, value);
    }
  }
  const missing = wanted.some(({ name, ...rest }) => !labelTest({ name, ...rest })(added.get(name) ?? base.get(name)));
  return missing ? undefined : Labels.from(added);
}
