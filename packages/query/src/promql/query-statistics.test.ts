import { systemClock } from "@clew/base";
import { expect, test } from "vitest";
import { PromqlEngine } from "./engine.ts";
import { Labels } from "./labels.ts";
import { MemoryQuerier } from "./memory-querier.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

const querier = new MemoryQuerier();
const histogram = {
  schema: 1,
  count: 5,
  sum: 20,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { offset: 0, counts: Float64Array.of(1, 2, 1, 1) },
  negative: { offset: 0, counts: new Float64Array(0) },
  customBounds: new Float64Array(0),
  counterReset: "unknown",
} as const;
for (let second = 0; second <= 1_000; second += 10) {
  querier.add(Labels.of({ __name__: "one" }), second * 1_000, second);
  for (const a of ["1", "2", "3"]) querier.add(Labels.of({ __name__: "three", a }), second * 1_000, second);
  querier.add(Labels.of({ __name__: "native" }), second * 1_000, histogram);
}
const engine = new PromqlEngine({ querier, clock: systemClock, features: EXPERIMENTAL_FEATURES });
const settings = { signal: new AbortController().signal, hasStatistics: true };

test.each([
  ["1", 21, 0],
  ["one", 21, 1],
  ["one offset 10s", 21, 1],
  ["one @ 15", 21, 1],
  ["three", 21, 3],
  ["native", 21, 13],
  ["timestamp(one)", 21, 1],
  ["timestamp(native)", 21, 1],
  ['three{a="1"}[20s] @ 19', 21, 2],
  ["one[60s]", 201, 6],
  ["native[60s]", 201, 78],
  ["one[60s] @ 30", 201, 4],
  ["max_over_time(one[60s])[20s:5s]", 201, 24],
  ["sum(max_over_time(three[60s] @ 30))", 201, 12],
  ["absent_over_time(one[60s])", 201, 6],
  ["one[60s:5s]", 201, 12],
  ["max_over_time(three[60s:5s])", 201, 36],
  ["sum(max_over_time(three[60s:5s])) + sum(max_over_time(three[60s:5s]))", 201, 72],
])("%s at %d s sees %d samples", async (query, second, samples) => {
  const { statistics } = await engine.instant(query, second * 1_000, settings);
  expect(statistics?.samples).toBe(samples);
});

test.each([
  ['three{a="1"}', 201, 220, 5, 4],
  ["native", 204, 223, 5, 52],
  ["timestamp(native)", 201, 220, 5, 4],
  ['max_over_time(three{a="1"}[10s])', 991, 1_021, 10, 2],
  ['rate(three{a="1"}[60s])', 201, 220, 5, 24],
])("%s from %d to %d s every %d sees %d samples", async (query, start, end, step, samples) => {
  const times = { startMs: start * 1_000, endMs: end * 1_000, stepMs: step * 1_000 };
  const { statistics } = await engine.range(query, times, settings);
  expect(statistics?.samples).toBe(samples);
  expect(statistics?.peakSamples).toBeGreaterThan(0);
});

test("nothing is counted where nobody asks", async () => {
  const { statistics } = await engine.instant("one", 21_000, { signal: settings.signal });
  expect(statistics).toBeUndefined();
});

test.each([
  ["one", [1, 1, 1], [1, 1, 1]],
  ["one @ 15", [1, 1, 1], [1, 0, 0]],
  ["rate(one[60s])", [6, 6, 6], [6, 1, 1]],
  ["rate(one[60s] @ 100)", [6, 6, 6], [6, 0, 0]],
  ["rate(native[60s])", [78, 78, 78], [78, 13, 13]],
  ["max_over_time(one[30s:5s])", [6, 6, 6], [6, 2, 2]],
  ["max_over_time(one[5s:1s])", [5, 5, 5], [5, 5, 5]],
  ["sum(three) + one", [4, 4, 4], [4, 4, 4]],
])("%s is counted for each step, and what is read for it", async (query, seen, read) => {
  const features = { ...EXPERIMENTAL_FEATURES, perStepStatistics: true };
  const perStep = new PromqlEngine({ querier, clock: systemClock, features });
  const times = { startMs: 200_000, endMs: 220_000, stepMs: 10_000 };
  const { statistics } = await perStep.range(query, times, { ...settings, hasStepStatistics: true });
  const pairs = (counts: readonly number[]): unknown =>
    counts.map((samples, i) => ({ timeMs: 200_000 + i * 10_000, samples }));
  expect(statistics).toMatchObject({ samplesPerStep: pairs(seen), samplesReadPerStep: pairs(read) });
  expect(statistics?.samplesRead).toBe(read.reduce((sum, samples) => sum + samples));
  const { statistics: whole } = await engine.range(query, times, { ...settings, hasStepStatistics: true });
  expect(whole).toMatchObject({ samplesPerStep: undefined, samplesReadPerStep: undefined });
});
