/** What a time series chart draws, made of a Prometheus matrix. */
import type { PrometheusMatrix } from "../api/types.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Series {
  /** Tells the series of a chart apart: the labels in full. */
  readonly key: string;
  readonly labels: Labels;
  /** One value a time of the frame; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly min: number;
  readonly max: number;
  /** The newest value; null where the series has none. */
  readonly last: number | null;
}

/** Series on one grid of times (seconds since the epoch), greatest first. */
export interface Frame {
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

export interface Grid {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

export function frameOf(matrix: PrometheusMatrix, { startSeconds, endSeconds, stepSeconds }: Grid): Frame {
  const count = Math.floor((endSeconds - startSeconds) / stepSeconds) + 1;
  const times = Array.from({ length: count }, (_unused, i) => startSeconds + i * stepSeconds);
  const series = matrix.result.map(({ metric, values }) => {
    const row = Array.from<number | null>({ length: count }).fill(null);
    for (const [time, text] of values ?? []) {
      const value = Number(text);
      if (Number.isFinite(value)) row[Math.round((time - startSeconds) / stepSeconds)] = value;
    }
    return { key: labelText(metric), labels: metric, values: row, ...extremes(row) };
  });
  return { times, series: series.toSorted((a, b) => b.max - a.max || (a.key < b.key ? -1 : 1)) };
}

/** As PromQL writes a series: `name{job="a", le="1"}`. */
export function labelText({ __name__: name = "", ...labels }: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}

/** The labels that all series have alike, and so tell none of them from another; none where there is but one series. */
export function commonLabels(series: readonly Pick<Series, "labels">[]): Labels {
  const [first, ...others] = series;
  if (first === undefined || others.length === 0) return {};
  const isCommon = ([label, value]: readonly [string, string]): boolean =>
    others.every(({ labels }) => labels[label] === value);
  return Object.fromEntries(Object.entries(first.labels).filter(isCommon));
}

export function without(labels: Labels, left: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => left[label] === undefined));
}

/** The shortest name that still tells: a service's, where a series has nothing else. */
export function shortName(labels: Labels): string {
  const { __name__: name, job, ...others } = labels;
  const rest = Object.entries(others).filter(([label]) => label !== "instance");
  const values = rest.map(([label, value]) => `${label}=${value}`);
  const parts = [...(job === undefined ? [] : [job]), ...values];
  return parts.length === 0 ? (name ?? "value") : parts.join(" · ");
}

function extremes(values: readonly (number | null)[]): { min: number; max: number; last: number | null } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let last: number | null = null;
  for (const value of values) {
    if (value === null) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    last = value;
  }
  return { min, max, last };
}
