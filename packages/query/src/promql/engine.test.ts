import type { Clock } from "@clew/base";
import { describe, expect, test } from "vitest";
import { PromqlEngine } from "./engine.ts";
import { Labels } from "./labels.ts";
import { MemoryQuerier } from "./memory-querier.ts";
import { markStale } from "./stale-marker.ts";
import type { MetricsQuerier, SelectRequest } from "./querier.ts";
import { EXPERIMENTAL_FEATURES, type PromqlFeatures, STABLE_FEATURES } from "./promql-features.ts";

const signal = new AbortController().signal;

function clockAt(nowMs: () => number): Clock {
  return { nowMs, after: () => () => undefined, every: () => () => undefined };
}

function setUp(maxSamples?: number): { engine: PromqlEngine; requests: SelectRequest[] } {
  const memory = new MemoryQuerier();
  for (let second = 0; second <= 600; second += 10) memory.add(Labels.of({ __name__: "up" }), second * 1000, 1);
  const requests: SelectRequest[] = [];
  const querier: MetricsQuerier = Object.assign(Object.create(memory) as MetricsQuerier, {
    select: (request: SelectRequest) => {
      requests.push(request);
      return memory.select(request);
    },
  });
  const engine = new PromqlEngine({
    querier,
    clock: clockAt(() => 1000),
    features: EXPERIMENTAL_FEATURES,
    ...(maxSamples === undefined ? {} : { maxSamples }),
  });
  return { engine, requests };
}

describe("asks the store once for each selector, for all evaluation times together", () => {
  test.each([
    ["up", 300_000 - 300_000, 600_000],
    ["rate(up[2m])", 300_000 - 120_000, 600_000],
    ["up offset 1m", 300_000 - 360_000, 540_000],
    ["up @ 100", 100_000 - 300_000, 100_000],
    ["max_over_time(rate(up[2m])[5m:1m])", 60_000 - 120_000, 600_000],
    ["rate(up[2m] anchored)", 300_000 - 120_000 - 300_000, 600_000],
  ])("%s", async (query, startMs, endMs) => {
    const { engine, requests } = setUp();
    await engine.range(query, { startMs: 300_000, endMs: 600_000, stepMs: 60_000 }, { signal });
    expect(requests).toMatchObject([{ startMs, endMs }]);
  });
});

test("tells the store what it will do with the samples", async () => {
  const { engine, requests } = setUp();
  await engine.range("sum(rate(up[2m])) / count(up)", { startMs: 0, endMs: 60_000, stepMs: 15_000 }, { signal });
  expect(requests.map(({ hints }) => hints)).toEqual([
    { stepMs: 15_000, rangeMs: 120_000, lookbackMs: 300_000, needsStarts: true, func: "rate" },
    { stepMs: 15_000, rangeMs: 0, lookbackMs: 300_000, needsStarts: false, func: "count" },
  ]);
});

test("ends a query that takes more samples than allowed", async () => {
  const { engine } = setUp(30);
  await expect(engine.instant("up[10m]", 600_000, { signal })).rejects.toMatchObject({
    type: "execution",
    what: "query processing would load too many samples into memory in query execution",
  });
});

test("ends a query whose time is up", async () => {
  const { engine } = setUp();
  await expect(engine.instant("up", 600_000, { signal, deadlineMs: 999 })).rejects.toMatchObject({
    type: "timeout",
    what: "query timed out in expression evaluation",
  });
});

test("ends a query that is cancelled", async () => {
  const { engine } = setUp();
  await expect(engine.instant("up", 600_000, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    type: "canceled",
    what: "query was canceled in expression evaluation",
  });
});

test.each([
  ["count_over_time", 13],
  ["sum_over_time", 4 * 2 + 8 * 5 + 1],
  ["avg_over_time", 49 / 13],
  ["max_over_time", 5],
])("%s counts a mean as the samples that it stands for", async (func, wanted) => {
  // Also where a stale marker makes the engine look at samples one by one.
  for (const isStale of [false, true]) {
    const values = Float64Array.of(2, 5, 1, ...(isStale ? [0] : []));
    if (isStale) markStale(values, 3);
    const samples = {
      labels: Labels.of({ __name__: "load" }),
      timestampsMs: Float64Array.from(values, (_value, i) => 10_000 * (i + 1)),
      values,
      sampleCounts: Float64Array.of(4, 8, 1, ...(isStale ? [1] : [])),
    };
    const querier = Object.assign(new MemoryQuerier(), { select: async () => [samples] });
    const engine = new PromqlEngine({ querier, clock: clockAt(() => 0), features: EXPERIMENTAL_FEATURES });
    const { value } = await engine.instant(`${func}(load[1m])`, 60_000, { signal });
    expect(value).toMatchObject({ points: [{ value: wanted }] });
  }
});

test("sorts the series of a range query by their labels", async () => {
  const { engine } = setUp();
  const query = 'label_replace(up, "z", "1", "", "") or label_replace(up, "a", "1", "", "") or up';
  const { value } = await engine.range(query, { startMs: 0, endMs: 0, stepMs: 1000 }, { signal });
  expect(value.type === "matrix" && value.series.map(({ labels }) => labels.toString())).toEqual([
    '{__name__="up"}',
    '{__name__="up", a="1"}',
    '{__name__="up", z="1"}',
  ]);
});

describe("start times are looked at where that is switched on", () => {
  const querier = new MemoryQuerier();
  // The counter fell to zero at 25 s, and was back above where it was by 30 s.
  for (const [second, value, start] of [
    [10, 5, 1],
    [20, 6, 1],
    [30, 9, 25],
    [40, 10, 25],
  ] as const)
    querier.add(Labels.of({ __name__: "c_total" }), second * 1_000, value, start * 1_000);

  test.each([
    ["resets(c_total[1m])", 1, 0],
    ["start_timestamp(c_total)", 25, undefined],
  ])("%s", async (query, on, off) => {
    const valueWith = async (features: PromqlFeatures): Promise<unknown> => {
      const engine = new PromqlEngine({ querier, clock: clockAt(() => 0), features });
      const { value } = await engine.instant(query, 40_000, { signal });
      return value.type === "vector" ? value.points[0]?.value : value;
    };
    expect(await valueWith({ ...EXPERIMENTAL_FEATURES, startTimestamps: true })).toBe(on);
    expect(await valueWith({ ...EXPERIMENTAL_FEATURES, startTimestamps: false })).toBe(off);
  });
});

test("with labels of types, remarks are made by those", async () => {
  const querier = new MemoryQuerier();
  for (const second of [0, 10])
    querier.add(Labels.of({ __name__: "c_total", __type__: "gauge" }), second * 1_000, second);
  const infosWith = async (features: PromqlFeatures): Promise<readonly string[]> => {
    const engine = new PromqlEngine({ querier, clock: clockAt(() => 0), features });
    return (await engine.instant("rate(c_total[1m])", 10_000, { signal })).infos;
  };
  expect(await infosWith(STABLE_FEATURES)).toEqual([]);
  expect(await infosWith({ ...STABLE_FEATURES, typeAndUnitLabels: true })).toEqual([
    'PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "gauge": "c_total" (1:6)',
  ]);
});
