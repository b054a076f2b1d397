/**
 * PromQL: a query is answered or refused with a query's error, in its time; what is written in canonical form is read
 * as the same query.
 */
import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "../packages/base/dist/index.js";
import {
  EXPERIMENTAL_FEATURES,
  formatQuery,
  Labels,
  labelsTest,
  METRIC_NAME,
  PromqlEngine,
  QueryError,
} from "../packages/query/dist/index.js";
import { parse } from "../packages/query/dist/promql/parse.js";
import { print } from "../packages/query/dist/promql/print.js";

export const name = "promql";

const TIME_MS = 1_700_000_000_000;
const MAX_QUERY_MS = 1_000;
/** So few that a query that wants everything ends soon. */
const MAX_SAMPLES = 20_000;
const COUNT = 20;

const scripts = new URL("../packages/query/src/promql/scripts/", import.meta.url);
export const seeds = readdirSync(scripts, { recursive: true })
  .filter((file) => file.endsWith(".promql"))
  .flatMap((file) => readFileSync(new URL(file, scripts), "utf8").split("\n"))
  .map((line) => /^eval instant at \S+ (.+)$/.exec(line)?.[1])
  .filter((query) => query !== undefined)
  .map((query) => Buffer.from(query.replaceAll(/\bvalue\b|\bpath\b/g, "requests_total")));

const timestampsMs = Float64Array.from({ length: COUNT }, (_unused, i) => TIME_MS - (COUNT - i) * 15_000);
const histogram = {
  schema: 0,
  count: 4,
  sum: 6.5,
  zeroThreshold: 0.5,
  zeroCount: 1,
  positive: { offset: 1, counts: Float64Array.of(1, 2) },
  negative: { offset: 0, counts: new Float64Array(0) },
  customBounds: new Float64Array(0),
  counterReset: "unknown",
};
const series = [
  ["requests_total", { kind: "a", job: "api" }],
  ["requests_total", { kind: "b", job: "api" }],
  ["latency_bucket", { le: "1", job: "api" }],
  ["latency_bucket", { le: "+Inf", job: "api" }],
  ["latency", { job: "api" }],
].map(([metric, labels]) => ({
  labels: Labels.of({ ...labels, [METRIC_NAME]: metric }),
  timestampsMs,
  values: timestampsMs.map((_time, i) => (i % 7) * 1.5),
  ...(metric === "latency" ? { histograms: Array.from({ length: COUNT }, () => histogram) } : {}),
}));

const querier = {
  async select({ matchers, startMs, endMs }) {
    const wanted = labelsTest(matchers);
    return series.filter(({ labels }) => wanted(labels)).map((one) => between(one, startMs, endMs));
  },
};
const engine = new PromqlEngine({
  querier,
  clock: systemClock,
  features: EXPERIMENTAL_FEATURES,
  maxSamples: MAX_SAMPLES,
});

export async function run(bytes) {
  const query = Buffer.from(bytes).toString("utf8");
  let canonical;
  try {
    canonical = print(parse(query, EXPERIMENTAL_FEATURES));
    formatQuery(query, EXPERIMENTAL_FEATURES);
  } catch (error) {
    if (error instanceof QueryError && error.type === "bad_data") return;
    throw error;
  }
  const again = print(parse(canonical, EXPERIMENTAL_FEATURES));
  if (again !== canonical) throw new Error(`${canonical} is read as ${again}`);
  await answered((settings) => engine.instant(query, TIME_MS, settings));
  const times = { startMs: TIME_MS - 60_000, endMs: TIME_MS, stepMs: 15_000 };
  await answered((settings) => engine.range(query, times, settings));
}

async function answered(ask) {
  const settings = { signal: new AbortController().signal, deadlineMs: systemClock.nowMs() + MAX_QUERY_MS };
  try {
    await ask(settings);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
  }
}

function between({ histograms, ...one }, startMs, endMs) {
  const rows = [...one.timestampsMs.keys()].filter(
    (i) => one.timestampsMs[i] > startMs && one.timestampsMs[i] <= endMs,
  );
  return {
    labels: one.labels,
    timestampsMs: Float64Array.from(rows, (row) => one.timestampsMs[row]),
    values: Float64Array.from(rows, (row) => one.values[row]),
    ...(histograms === undefined ? {} : { histograms: rows.map((row) => histograms[row]) }),
  };
}
