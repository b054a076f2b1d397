/** Queries in a thread of their own, on a real store. */
import { systemClock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { QueryError, STABLE_FEATURES } from "@clew/query";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { querierOf } from "../metrics/querier-of.ts";
import { LocalQueries } from "./local-queries.ts";
import type { AskedQuery, QueryAnswer } from "./query-runner.ts";
import { QueryThread, type QueryThreadSettings } from "./query-thread.ts";

const PROGRAM = new URL("../../dist/query-thread/query-thread-main.js", import.meta.url);
const START_MS = 1_760_000_000_000;
const SERIES = 200;
const POINTS = 300;
const STEP_MS = 10_000;
const END_MS = START_MS + POINTS * STEP_MS;
const RANGE = { startMs: START_MS, endMs: END_MS, stepMs: STEP_MS };
/** Some 10 seconds of one core, in many steps. */
const HEAVY = "sum(sum_over_time(sum_over_time(requests_total[45m:1s])[45m:1s]))";
const { signal } = new AbortController();

let running: RunningStore;
const threads: QueryThread[] = [];

beforeAll(async () => {
  running = await openStore();
  await write("requests", SERIES, POINTS);
});

afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

afterAll(() => running.stop());

async function write(name: string, series: number, points: number, firstAtMs: number = START_MS): Promise<void> {
  const dataPoints = Array.from({ length: series * points }, (_unused, i) => ({
    timeUnixNano: BigInt(firstAtMs + (i % points) * STEP_MS) * 1_000_000n,
    asInt: BigInt(i % points),
    attributes: [{ key: "n", value: { stringValue: `${Math.floor(i / points)}` } }],
  }));
  const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true };
  const request = { resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: [{ name, sum }] }] }] };
  await running.store.write(payloadOf("metrics", encode(PROTOCOLS.metrics.request, request)));
  await running.store.flush();
}

function threadWith(settings: Partial<QueryThreadSettings> = {}): QueryThread {
  const { store } = running;
  const thread = new QueryThread({
    store,
    clock: systemClock,
    cacheBytes: 2 ** 26,
    changes: store.metricChanges,
    program: PROGRAM,
    features: STABLE_FEATURES,
    ...settings,
  });
  threads.push(thread);
  return thread;
}

function asked(query: string, times: AskedQuery["times"], more: Partial<AskedQuery> = {}): AskedQuery {
  const deadlineMs = systemClock.nowMs() + 60_000;
  return {
    query,
    times,
    deadlineMs,
    lookbackMs: undefined,
    hasStatistics: false,
    hasStepStatistics: false,
    limit: Infinity,
    ...more,
  };
}

async function textOf({ pieces }: QueryAnswer): Promise<string> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(Buffer.from(piece));
  return Buffer.concat(parts).toString();
}

async function outcomeOf(answer: Promise<QueryAnswer>): Promise<object> {
  try {
    const { pieces, ...head } = await answer;
    return { ...head, text: await textOf({ ...head, pieces }) };
  } catch (error) {
    const { code, what, position } = error as QueryError;
    return { isQueryError: error instanceof QueryError, code, what, position };
  }
}

test.each([
  ["a matrix", asked("sum by (n) (rate(requests_total[5m]))", RANGE)],
  ["a vector", asked("requests_total", { timeMs: END_MS })],
  ["a limit", asked("requests_total", { timeMs: END_MS }, { limit: 3 })],
  ["another lookback", asked("count(requests_total)", { timeMs: END_MS + 20_000 }, { lookbackMs: 30_000 })],
  ["a scalar", asked("scalar(sum(requests_total))", RANGE)],
  ["a text", asked('"text"', { timeMs: END_MS })],
  ["remarks", asked("rate(queue[5m]) or rate(requests_total[5m]) / ignoring(n) group_left sum(requests_total)", RANGE)],
  ["what can't be read", asked("sum(", RANGE)],
  ["what can't be worked out", asked("requests_total * on() requests_total", { timeMs: END_MS })],
  ["what is over before it begins", asked("requests_total", RANGE, { deadlineMs: 0 })],
])("%s is answered as it is without a thread", async (_name, query) => {
  const local = new LocalQueries({
    querier: querierOf(running.store, { clock: systemClock, cacheBytes: 2 ** 26 }),
    clock: systemClock,
    features: STABLE_FEATURES,
  });
  expect(await outcomeOf(threadWith().run(query, signal))).toEqual(await outcomeOf(local.run(query, signal)));
});

test("statistics come with an answer", async () => {
  const text = await textOf(await threadWith().run(asked("requests_total", RANGE, { hasStatistics: true }), signal));
  expect(JSON.parse(text).stats.samples.totalQueryableSamples).toBe(SERIES * POINTS + SERIES);
});

test("what is experimental is read where it is switched on", async () => {
  const query = asked(
    "sort_by_label(requests_total, 'n')",
    { timeMs: END_MS },
    { limit: 1, hasStatistics: true, hasStepStatistics: true },
  );
  const what = '1:1: parse error: function "sort_by_label" is not enabled';
  expect(await outcomeOf(threadWith().run(query, signal))).toMatchObject({ what });
  const features = { ...STABLE_FEATURES, experimentalFunctions: true, perStepStatistics: true };
  const { samples } = JSON.parse(await textOf(await threadWith({ features }).run(query, signal))).stats;
  expect(samples.totalQueryableSamplesPerStep).toEqual([[END_MS / 1_000, SERIES]]);
});

test("what is written is seen, and what was read is not read again", async () => {
  const thread = threadWith();
  const count = async (): Promise<string> =>
    JSON.parse(await textOf(await thread.run(asked("count(later_total)", { timeMs: START_MS + 60_000 }), signal)))
      .result[0]?.value[1];
  for (let series = 1; series <= 5; series++) {
    await write("later", series, 2);
    expect(await count()).toBe(`${series}`);
    expect(await count()).toBe(`${series}`);
  }
  expect(thread.cacheCounts).toMatchObject({ limitBytes: 2 ** 26, evictions: 0 });
  expect(thread.cacheCounts!.hits).toBeGreaterThanOrEqual(5);
});

test("a long answer comes in pieces as it is read, and whoever stops reading ends it", async () => {
  const thread = threadWith();
  const many = asked("label_replace(requests_total, 'a', 'b', '', '') or requests_total", { ...RANGE, stepMs: 1_000 });
  const whole = await textOf(await thread.run(many, signal));
  expect(whole.length).toBeGreaterThan(8_000_000);
  expect(JSON.parse(whole).result).toHaveLength(2 * SERIES);
  let read = 0;
  for await (const piece of (await thread.run(many, signal)).pieces) {
    read += piece.length;
    if (read > 2_000_000) break;
  }
  expect(read).toBeLessThan(4_000_000);
  expect(JSON.parse(await textOf(await thread.run(asked("1", RANGE), signal)))).toMatchObject({ resultType: "matrix" });
});

test("while a query is worked out the program's thread goes on, and a query that is canceled makes way", async () => {
  const thread = threadWith();
  await thread.run(asked("1", { timeMs: 0 }), signal);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const controller = new AbortController();
  const heavy = thread.run(asked(HEAVY, RANGE), controller.signal);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(50);
  controller.abort();
  await expect(heavy).rejects.toMatchObject({ code: "QUERY_CANCELED" });
  expect(await textOf(await thread.run(asked("1", { timeMs: 0 }), signal))).toContain("scalar");
});

test("a query whose time is up while it is worked out ends with that", async () => {
  const thread = threadWith();
  await thread.run(asked("1", { timeMs: 0 }), signal);
  const late = thread.run(asked(HEAVY, RANGE, { deadlineMs: systemClock.nowMs() + 500 }), signal);
  await expect(late).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
});

test("a query that is asked while the engine is away is answered when it is back", async () => {
  const thread = threadWith();
  const count = asked("count(requests_total)", { timeMs: END_MS });
  await textOf(await thread.run(count, signal));
  const { enginePid, engineRestarts } = running.store.health;
  process.kill(enginePid!, "SIGKILL");
  while (running.store.enginePort !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const other = asked("sum(requests_total)", { timeMs: END_MS - 1 });
  expect(await textOf(await thread.run(other, signal))).toContain("vector");
  expect(running.store.health.engineRestarts).toBe(engineRestarts + 1);
});

test("a query that needs too much memory ends its thread, not the program, and the next one has another", async () => {
  const thread = threadWith({ maxHeapMib: 24 });
  const all = asked("label_replace(requests_total, 'a', '$1', 'n', '(.*)')", { timeMs: END_MS });
  const greedy = Array.from({ length: 400 }, (_unused, i) => all.query.replace("'a'", `'a${i}'`)).join(" or ");
  await expect(thread.run({ ...all, query: greedy }, signal)).rejects.toMatchObject({
    code: "QUERY_EXECUTION",
    what: "the thread of queries was ended: a query needed more memory than it may have",
  });
  expect(await textOf(await thread.run(asked("1", { timeMs: 0 }), signal))).toContain("scalar");
});

test("a thread that is stuck is ended, and so is one that nobody asks", async () => {
  const due = new Set<{ atMs: number; task: () => void }>();
  let nowMs = systemClock.nowMs();
  const clock = {
    nowMs: () => nowMs,
    after: (delayMs: number, task: () => void) => {
      const entry = { atMs: nowMs + delayMs, task };
      due.add(entry);
      return () => void due.delete(entry);
    },
    every: (intervalMs: number, task: () => void) => clock.after(intervalMs, task),
  };
  const thread = threadWith({ clock });
  const stuck = thread.run(asked(HEAVY, RANGE, { deadlineMs: nowMs + 60_000 }), signal);
  nowMs += 80_000;
  for (const { atMs, task } of due) if (atMs <= nowMs) task();
  await expect(stuck).rejects.toMatchObject({ what: "the thread of queries was ended: it did not answer in time" });
  await textOf(
    await thread.run(asked("count(requests_total)", { timeMs: END_MS }, { deadlineMs: nowMs + 3_600_000 }), signal),
  );
  expect(thread.cacheCounts!.byteLength).toBeGreaterThan(0);
  nowMs += 400_000;
  for (const { atMs, task } of due) if (atMs <= nowMs) task();
  expect(thread.cacheCounts).toMatchObject({ byteLength: 0, misses: 1 });
});
