/** What PromQL answers of rollups, beside what it answered of the raw samples that they were made of. */
import type { Clock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { EXPERIMENTAL_FEATURES, PromqlEngine } from "@clew/query";
import { MetricReader } from "@clew/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rollups } from "../../../store/src/rollup/rollups.ts";
import { RESOLUTIONS } from "../../../store/src/rollup/resolutions.ts";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { StoreQuerier } from "./store-querier.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-10-01T00:00:00Z");
const NOW_MS = START_MS + 3 * DAY_MS;
const INTERVAL_MS = 30_000;
const TIMES = Array.from({ length: (2 * DAY_MS) / INTERVAL_MS }, (_unused, i) => START_MS + i * INTERVAL_MS + 7_000);
const CUMULATIVE = 2;
const DELTA = 1;

const clock: Clock = { nowMs: () => NOW_MS, after: () => () => {}, every: () => () => {} };
let running: RunningStore;
let rollups: Rollups;

const nanos = (timeMs: number): bigint => BigInt(timeMs) * 1_000_000n;
const noise = (i: number): number => (Math.imul(i + 1, 2_654_435_761) >>> 0) / 2 ** 32;

/** Points of a counter that begins anew now and then: by falling, and with another start time alone. */
function counterPoints(): object[] {
  let [value, start] = [0, START_MS - HOUR_MS];
  return TIMES.map((timeMs, i) => {
    value += Math.floor(noise(i) * 100);
    if (i % 1_000 === 717) [value, start] = [i % 7, timeMs - 5_000];
    if (i % 1_500 === 1_200) [value, start] = [value + 1, timeMs - 10_000];
    return { startTimeUnixNano: nanos(start), timeUnixNano: nanos(timeMs), asInt: BigInt(value) };
  });
}

function histogramPoints(isDelta: boolean): object[] {
  let counts = [0, 0, 0];
  return TIMES.map((timeMs, i) => {
    if (isDelta || i % 2_000 === 1_333) counts = [0, 0, 0];
    counts = counts.map((count, k) => count + Math.floor(noise(i + k) * 10));
    return {
      startTimeUnixNano: nanos(isDelta ? timeMs - INTERVAL_MS : START_MS - HOUR_MS),
      timeUnixNano: nanos(timeMs),
      count: BigInt(counts.reduce((a, b) => a + b)),
      sum: counts[0]! + 2 * counts[1]! + 3 * counts[2]!,
      bucketCounts: counts.map(BigInt),
      explicitBounds: [1, 2],
    };
  });
}

function exponentialPoints(): object[] {
  let count = 0n;
  return TIMES.map((timeMs, i) => {
    count += BigInt(1 + Math.floor(noise(i) * 5));
    return {
      startTimeUnixNano: nanos(START_MS - HOUR_MS),
      timeUnixNano: nanos(timeMs),
      count,
      sum: Number(count) * 1.5,
      scale: 0,
      zeroCount: 0n,
      positive: { offset: 0, bucketCounts: [count] },
    };
  });
}

const METRICS: readonly object[] = [
  { name: "jobs", sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: counterPoints() } },
  {
    name: "bytes",
    sum: {
      aggregationTemporality: DELTA,
      isMonotonic: true,
      dataPoints: TIMES.map((timeMs, i) => ({
        startTimeUnixNano: nanos(timeMs - INTERVAL_MS),
        timeUnixNano: nanos(timeMs),
        asDouble: Math.floor(noise(i) * 50),
      })),
    },
  },
  {
    name: "load",
    gauge: {
      dataPoints: TIMES.map((timeMs, i) => ({ timeUnixNano: nanos(timeMs), asDouble: noise(i) * 10 - 5 })),
    },
  },
  {
    name: "job",
    gauge: {
      // It ends after seven hours and a bit, and comes back for an hour on the second day.
      dataPoints: TIMES.flatMap((timeMs, i): object[] => {
        const at = timeMs - START_MS;
        const isThere = at < 7.3 * HOUR_MS || (at > 30.2 * HOUR_MS && at < 31.7 * HOUR_MS);
        const wasThere = at - INTERVAL_MS < 7.3 * HOUR_MS || (at > 30.2 * HOUR_MS && at - INTERVAL_MS < 31.7 * HOUR_MS);
        if (isThere) return [{ timeUnixNano: nanos(timeMs), asDouble: i }];
        return wasThere ? [{ timeUnixNano: nanos(timeMs), flags: 1 }] : [];
      }),
    },
  },
  { name: "latency", histogram: { aggregationTemporality: CUMULATIVE, dataPoints: histogramPoints(false) } },
  { name: "size", histogram: { aggregationTemporality: DELTA, dataPoints: histogramPoints(true) } },
  {
    name: "wait",
    exponentialHistogram: { aggregationTemporality: CUMULATIVE, dataPoints: exponentialPoints() },
  },
];

async function send(metrics: readonly object[]): Promise<void> {
  const attributes = [
    { key: "service.name", value: { stringValue: "shop" } },
    { key: "host.name", value: { stringValue: "h" } },
  ];
  const request = { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
  await running.store.write(payloadOf("metrics", encode(PROTOCOLS.metrics.request, request)));
  await running.store.flush();
}

beforeAll(async () => {
  running = await openStore();
  rollups = new Rollups({
    client: running.store.client,
    clock,
    report: (line) => {
      throw new Error(line);
    },
    resolutions: RESOLUTIONS,
    isOwn: true,
    rawAgeMs: Infinity,
    sync: async () => {},
    whileNothingComes: (task) => task(),
    isSettled: () => true,
    takenBack: () => 0,
  });
  for (const metric of METRICS) await send([metric]);
});

afterAll(() => running.stop());

interface Question {
  readonly query: string;
  readonly stepMs: number;
  /** After the beginning of the first day. */
  readonly startMs?: number;
}

/** `LABELS TIME` → the value; of a native histogram its count. Asked of a reader that knows nothing of before. */
async function answer({ query, stepMs, startMs = 6 * HOUR_MS }: Question): Promise<Map<string, number>> {
  const querier = new StoreQuerier(new MetricReader(running.store.client), () => NOW_MS);
  const engine = new PromqlEngine({ querier, clock, features: EXPERIMENTAL_FEATURES });
  const times = { startMs: START_MS + startMs, endMs: START_MS + 2 * DAY_MS, stepMs };
  const { value, warnings } = await engine.range(query, times, { signal: new AbortController().signal });
  expect(warnings).toEqual([]);
  const series = value.type === "matrix" ? value.series : [];
  return new Map(
    series.flatMap(({ labels, timestampsMs, values, histograms }) =>
      [...timestampsMs].map((timeMs, i): [string, number] => [
        `${labels.key} ${new Date(timeMs).toISOString()}`,
        histograms?.[i]?.count ?? values[i]!,
      ]),
    ),
  );
}

function expectSame(found: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>, tolerance = 1e-9): void {
  expect([...found.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
  for (const [key, value] of wanted)
    expect(Math.abs(found.get(key)! - value), `${key}: ${found.get(key)} and not ${value}`).toBeLessThanOrEqual(
      tolerance * Math.abs(value) + 1e-9,
    );
}

const HOURLY = { stepMs: HOUR_MS };
/** Their times and ranges are whole hours: rollups of either resolution answer them exactly. */
const OF_HOURS: readonly Question[] = [
  ...["rate", "increase", "resets", "first_over_time", "last_over_time", "avg_over_time"].map((func) => ({
    query: `${func}(jobs_total[1h])`,
    ...HOURLY,
  })),
  { query: "increase(jobs_total[6h])", ...HOURLY },
  { query: "jobs_total", ...HOURLY },
  { query: "sum(increase(jobs_total[2h] offset 3h))", ...HOURLY },
  ...["avg", "min", "max", "sum", "count", "last", "first", "present"].map((func) => ({
    query: `${func}_over_time(load[2h])`,
    ...HOURLY,
  })),
  ...["avg", "min", "max", "sum", "count", "last"].map((func) => ({ query: `${func}_over_time(job[1h])`, ...HOURLY })),
  { query: "delta(load[3h])", ...HOURLY },
  { query: "load", ...HOURLY },
  { query: "job", ...HOURLY },
  { query: "increase(bytes_total[2h])", ...HOURLY },
  { query: "rate(bytes_total[1h])", ...HOURLY },
  { query: "rate(latency_bucket[1h])", ...HOURLY },
  { query: "increase(latency_sum[4h])", ...HOURLY },
  { query: "latency_count", ...HOURLY },
  { query: "histogram_quantile(0.9, rate(latency_bucket[2h]))", ...HOURLY },
  { query: "increase(wait[2h])", ...HOURLY },
  { query: "wait", ...HOURLY },
  { query: "load * on (job) group_left () target_info", ...HOURLY },
];
const OF_FIVE_MINUTES: readonly Question[] = [
  { query: "rate(jobs_total[5m])", stepMs: 300_000 },
  { query: "avg_over_time(load[10m])", stepMs: 300_000 },
  { query: "load", stepMs: 300_000 },
  { query: "count_over_time(job[5m])", stepMs: 300_000 },
  { query: "rate(latency_bucket[5m])", stepMs: 300_000 },
];

const OF_DELTA_HISTOGRAM: Question = { query: "increase(size_bucket[6h])", ...HOURLY };

describe("what rollups answer", () => {
  let ofHours: Map<string, number>[];
  let ofFiveMinutes: Map<string, number>[];
  let ofDeltaHistogram: Map<string, number>;

  beforeAll(async () => {
    ofHours = await answersOf(OF_HOURS);
    ofFiveMinutes = await answersOf(OF_FIVE_MINUTES);
    ofDeltaHistogram = await answer(OF_DELTA_HISTOGRAM);
    await rollups.apply();
  });

  async function answersOf(questions: readonly Question[]): Promise<Map<string, number>[]> {
    const answers: Map<string, number>[] = [];
    for (const question of questions) answers.push(await answer(question));
    return answers;
  }

  test("long questions are answered alike while raw samples are there", async () => {
    for (const [i, question] of OF_HOURS.entries()) {
      expect(ofHours[i]!.size).toBeGreaterThan(0);
      expectSame(await answer(question), ofHours[i]!);
    }
  });

  describe("when raw samples are gone", () => {
    beforeAll(async () => {
      for (const table of ["samples", "histograms", "exponential_histograms"])
        for (const day of ["2026-10-01", "2026-10-02"])
          await running.store.client.command(`ALTER TABLE metric_${table} DROP PARTITION '${day}'`);
    });

    test.each(OF_HOURS.map((question, i) => ({ ...question, i })))("$query is what it was", async (question) => {
      expectSame(await answer(question), ofHours[question.i]!);
    });

    test.each(OF_FIVE_MINUTES.map((question, i) => ({ ...question, i })))(
      "$query by five minutes is what it was",
      async (question) => expectSame(await answer(question), ofFiveMinutes[question.i]!),
    );

    test("the labels of a histogram's buckets are still told", async () => {
      const querier = new StoreQuerier(new MetricReader(running.store.client), () => NOW_MS);
      const matchers = [{ name: "__name__", operator: "=" as const, value: "latency_bucket" }];
      const request = { selectors: [matchers], startMs: START_MS, endMs: START_MS + DAY_MS, limit: 100 };
      const found = await querier.labelValues("le", request, new AbortController().signal);
      expect(found.toSorted()).toEqual(["+Inf", "1", "2"]);
    });

    test("added up deltas of a histogram are so within a row's share of the range", async () => {
      expectSame(await answer(OF_DELTA_HISTOGRAM), ofDeltaHistogram, 0.05);
    });
  });

  describe("when there are but rows of an hour", () => {
    beforeAll(async () => {
      for (const table of ["samples", "histograms", "exponential_histograms"])
        await running.store.client.command(`TRUNCATE TABLE metric_${table}_5m`);
    });

    // Resets are counted once a row.
    const exact = OF_HOURS.map((question, i) => ({ ...question, i })).filter(
      ({ query }) => !query.startsWith("resets"),
    );

    test.each(exact)("$query is what it was", async (question) => {
      expectSame(await answer(question), ofHours[question.i]!);
    });

    test.each([
      "rate(jobs_total[5m])",
      "rate(bytes_total[5m])",
      "avg_over_time(load[5m])",
      "count_over_time(load[10m])",
      "load",
      "jobs_total",
    ])("%s has a value wherever the series was", async (query) => {
      const found = await answer({ query, stepMs: 300_000 });
      expect(found.size).toBe((42 * 60) / 5 + 1);
    });

    test("a short range sees the hour's own rate and mean", async () => {
      const hourly = await answer({ query: "rate(jobs_total[1h])", stepMs: HOUR_MS });
      const short = await answer({ query: "rate(jobs_total[10m] offset 25m)", stepMs: HOUR_MS });
      const key = [...hourly.keys()].find((one) => one.includes("T22:00"))!;
      expect(short.get(key)! / hourly.get(key)!).toBeCloseTo(1, 6);
      const hourlyBytes = await answer({ query: "increase(bytes_total[1h])", stepMs: HOUR_MS });
      const shortBytes = await answer({ query: "increase(bytes_total[10m] offset 25m)", stepMs: HOUR_MS });
      const bytesKey = [...hourlyBytes.keys()].find((one) => one.includes("T22:00"))!;
      expect((6 * shortBytes.get(bytesKey)!) / hourlyBytes.get(bytesKey)!).toBeCloseTo(1, 1);
      const count = await answer({ query: "count_over_time(load[10m] offset 25m)", stepMs: HOUR_MS });
      for (const value of count.values()) expect(value).toBeCloseTo(20, -1);
    });
  });
});
