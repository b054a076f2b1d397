/** What is kept of samples is what a store has, whatever is written meanwhile: each answer beside one that was read anew. */
import { systemClock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { Labels, type LabelMatcher, type SelectRequest, type SeriesSamples } from "@clew/query";
import { MetricReader } from "@clew/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { querierOf } from "./querier-of.ts";
import { SampleCache } from "./sample-cache.ts";
import { StoreQuerier } from "./store-querier.ts";

const START_MS = 1_760_000_000_000;
const CUMULATIVE = 2;
const DELTA = 1;
const INSTANCES = 4;
const { signal } = new AbortController();
const clock = { ...systemClock, nowMs: () => nowMs };

let nowMs = START_MS;
let running: RunningStore;
let kept: StoreQuerier;
let plain: StoreQuerier;

beforeAll(async () => {
  running = await openStore();
  kept = querierOf(running.store, { clock, cacheBytes: 2 ** 26 });
  plain = new StoreQuerier(new MetricReader(running.store.client), () => nowMs);
});

afterAll(() => running.stop());

const nanos = (second: number): bigint => BigInt(START_MS + second * 1_000) * 1_000_000n;

interface Point {
  readonly name: string;
  readonly instance: number;
  readonly second: number;
  readonly isEnd?: boolean;
  readonly temporality?: number;
}

/** A counter's point, and one of a histogram beside it. */
function metricsOf({ name, second, isEnd = false, temporality = CUMULATIVE }: Point): object[] {
  const times = { timeUnixNano: nanos(second), startTimeUnixNano: nanos(-1) };
  const count = BigInt(Math.max(second, 0));
  const counter = isEnd ? { ...times, flags: 1 } : { ...times, asInt: count };
  const histogram = { ...times, count, sum: second, bucketCounts: [count, 0n], explicitBounds: [1] };
  const all = { aggregationTemporality: temporality };
  return [
    { name, sum: { ...all, isMonotonic: true, dataPoints: [counter] } },
    { name: `${name}.time`, histogram: { ...all, dataPoints: [isEnd ? { ...times, flags: 1 } : histogram] } },
  ];
}

async function write(points: readonly Point[]): Promise<void> {
  const resourceMetrics = points.map((point) => {
    const id = { key: "service.instance.id", value: { stringValue: `i${point.instance}` } };
    return { resource: { attributes: [id] }, scopeMetrics: [{ metrics: metricsOf(point) }] };
  });
  await running.store.write(payloadOf("metrics", encode(PROTOCOLS.metrics.request, { resourceMetrics })));
}

function requestOf(name: string, startSecond: number, endSecond: number, needsStarts = true): SelectRequest {
  const matchers: LabelMatcher[] = [{ name: "__name__", operator: "=", value: name }];
  const hints = { stepMs: 0, rangeMs: 0, lookbackMs: 300_000, needsStarts, func: "" };
  const window = { startMs: START_MS + startSecond * 1_000, endMs: START_MS + endSecond * 1_000 };
  return { matchers, ...window, sampleLimit: 1e6, hints };
}

/** Without the ends of series that have nothing before: whether a histogram's parts show them depends on the window. */
function plainly(all: readonly SeriesSamples[]): object[] {
  return all
    .toSorted((a, b) => (a.labels.key < b.labels.key ? -1 : 1))
    .map(({ labels, timestampsMs, values, startTimestampsMs }) => {
      const rows = Array.from(values, (value, i) => [timestampsMs[i]! - START_MS, value, startTimestampsMs?.[i]]);
      const first = values.findIndex((value) => !Number.isNaN(value));
      return { key: labels.key, samples: first < 0 ? [] : rows.slice(first) };
    })
    .filter(({ samples }) => samples.length > 0);
}

/** What both say, which must be the same. */
async function bothOf(request: SelectRequest): Promise<object[]> {
  const [a, b] = [plainly(await kept.select(request, signal)), plainly(await plain.select(request, signal))];
  expect(a).toEqual(b);
  return a;
}

test("whatever comes, late, new, ended or anew, an answer is what is stored", async () => {
  const random = randomOf(7);
  const names = ["asked", "other"];
  let second = 0;
  for (let round = 0; round < 60; round++) {
    const points: Point[] = [];
    for (let i = 0; i < 1 + random(3); i++) {
      second += 5;
      for (let instance = 0; instance < INSTANCES; instance++) {
        if (random(12) === 0) continue;
        const isEnd = random(40) === 0;
        points.push({ name: names[random(2)]!, instance, second, isEnd });
      }
      if (random(15) === 0) points.push({ name: "asked", instance: INSTANCES + round, second });
      if (random(10) === 0) points.push({ name: "asked", instance: 0, second: Math.max(0, second - random(300)) });
    }
    await write(points);
    await running.store.flush();
    const from = random(4) === 0 ? second - 400 : second - 60;
    for (const name of ["asked_total", "asked_time_bucket", "asked_time_sum"])
      await bothOf(requestOf(name, from + random(5), second - random(3), random(2) === 0));
  }
  const { hits, misses, byteLength, evictions } = kept.cacheCounts!;
  expect(hits).toBeGreaterThan(misses);
  expect(byteLength).toBeGreaterThan(0);
  expect(evictions).toBe(0);
});

test("who asks at once for the same reads it once", async () => {
  await write([{ name: "at.once", instance: 0, second: 10 }]);
  await running.store.flush();
  const before = kept.cacheCounts!;
  const request = requestOf("at_once_total", 0, 100);
  const part = requestOf("at_once_total", 5, 60);
  const answers = await Promise.all([request, part, request, part].map((one) => kept.select(one, signal)));
  expect(answers.map((all) => all.length)).toEqual([1, 1, 1, 1]);
  const { hits, misses } = kept.cacheCounts!;
  expect([hits - before.hits, misses - before.misses]).toEqual([3, 1]);
});

test("what was read no further than a limit is not kept", async () => {
  await write([10, 20, 30, 40].map((second) => ({ name: "limited", instance: 0, second })));
  await running.store.flush();
  const request = requestOf("limited_total", 0, 100);
  const [cut] = await kept.select({ ...request, sampleLimit: 2 }, signal);
  expect(cut?.values).toHaveLength(3);
  expect(await bothOf(request)).toMatchObject([{ samples: { length: 4 } }]);
});

test("who is not waited for any more leaves the others their answer", async () => {
  await write([{ name: "left", instance: 0, second: 10 }]);
  await running.store.flush();
  const gone = new AbortController();
  const request = requestOf("left_total", 0, 100);
  const first = kept.select(request, gone.signal);
  const second = kept.select(request, signal);
  gone.abort();
  await first.catch(() => {});
  expect(await second).toHaveLength(1);
});

test("deltas, which are summed up from a window's beginning, are read anew", async () => {
  await write([10, 20, 30].map((second) => ({ name: "added", instance: 0, second, temporality: DELTA })));
  await running.store.flush();
  const { byteLength } = kept.cacheCounts!;
  expect(await bothOf(requestOf("added_total", 0, 30))).toMatchObject([
    {
      samples: [
        [10_000, 10, expect.anything()],
        [20_000, 30, expect.anything()],
        [30_000, 60, expect.anything()],
      ],
    },
  ]);
  expect(await bothOf(requestOf("added_total", 15, 40))).toMatchObject([
    {
      samples: [
        [20_000, 20, expect.anything()],
        [30_000, 50, expect.anything()],
      ],
    },
  ]);
  expect(kept.cacheCounts!.byteLength).toBe(byteLength);
});

test("a backup that is put in place of all takes what was kept with it", async () => {
  const { store } = running;
  const target = `${running.directory}-backup`;
  await write([{ name: "before", instance: 0, second: 10 }]);
  await store.backUp(target);
  await write([{ name: "before", instance: 0, second: 20 }]);
  await store.flush();
  const request = requestOf("before_total", 0, 100);
  expect(await bothOf(request)).toMatchObject([{ samples: { length: 2 } }]);
  await store.restore(target, { replace: true });
  expect(await bothOf(request)).toMatchObject([{ samples: { length: 1 } }]);
});

test("labels that come with new series are found", async () => {
  const request = { selectors: [], startMs: START_MS, endMs: START_MS + 3_600_000, limit: Infinity };
  const before = await kept.labelValues("instance", request, signal);
  expect(await kept.labelValues("instance", request, signal)).toEqual(before);
  await write([{ name: "asked", instance: 777, second: 3_000 }]);
  await running.store.flush();
  expect(await kept.labelValues("instance", request, signal)).toContain("i777");
});

test("what nobody asks for any more, or is more than the limit, is not kept", async () => {
  let sweep = (): void => {};
  const stepping = {
    ...clock,
    every: (_ms: number, task: () => void) => {
      sweep = task;
      return () => {};
    },
  };
  const changes = running.store.metricChanges!;
  const series = (name: string, count: number): SeriesSamples => ({
    labels: Labels.from([["__name__", name]]),
    timestampsMs: Float64Array.from({ length: count }, (_unused, i) => START_MS + i),
    values: new Float64Array(count),
  });
  const read = async ({
    matchers,
  }: SelectRequest): Promise<{ samples: SeriesSamples[]; mayBeKept: boolean; mayBeJoined: boolean }> => {
    const name = matchers[0]!.value;
    return { samples: [series(name, name === "large" ? 1_000 : 100)], mayBeKept: true, mayBeJoined: true };
  };
  const cache = new SampleCache({ changes, clock: stepping, limitBytes: 4_000 });
  const select = (name: string): Promise<readonly SeriesSamples[]> =>
    cache.select(requestOf(name, -1, 100), signal, read);
  await select("large");
  expect(cache.counts).toMatchObject({ byteLength: 0, evictions: 1 });
  for (const name of ["a", "b", "a", "c"]) await select(name);
  expect(cache.counts).toMatchObject({ byteLength: 3_200, evictions: 2, hits: 1 });
  await select("a");
  expect(cache.counts.hits).toBe(2);
  nowMs += 60_000;
  await select("c");
  nowMs += 90_000;
  sweep();
  expect(cache.counts.byteLength).toBe(1_600);
  nowMs += 150_000;
  sweep();
  expect(cache.counts.byteLength).toBe(0);
});

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}
