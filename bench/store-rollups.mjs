/** What rollups of metrics cost and save: time to make them, bytes, and a month's questions answered from them and from raw samples. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/set-up.mjs";
import { payloadOf } from "../packages/otlp/dist/index.js";
import { EXPERIMENTAL_FEATURES, PromqlEngine } from "../packages/query/dist/index.js";
import { StoreQuerier } from "../packages/server/dist/metrics/store-querier.js";
import { MetricReader, Store } from "../packages/store/dist/index.js";
import { RESOLUTIONS } from "../packages/store/dist/rollup/resolutions.js";
import { Rollups } from "../packages/store/dist/rollup/rollups.js";
import { INTERVAL_MS, targets } from "./promql-data.mjs";
import { cpuMicros } from "./process-usage.mjs";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LAST_DAY_MS = Date.parse("2026-10-30T00:00:00Z");
const POINTS_A_REQUEST = 60;
const REPEATS = 5;
const TABLES = ["metric_samples", "metric_histograms"];
const QUESTIONS = [
  "sum by (job) (rate(http_requests_total[1h]))",
  "avg_over_time(queue_size[1h])",
  "max by (job) (max_over_time(cpu_utilization[1h]))",
  "histogram_quantile(0.9, sum by (le) (rate(request_duration_seconds_bucket[1h])))",
  "sum(queue_size)",
];

export async function run(daysText = "30", targetsText = "4") {
  const directory = mkdtempSync(join(tmpdir(), "clew-bench-"));
  const engineProgram = join(ROOT, "packages/clew/dist/engine-main.js");
  const store = await Store.open({ directory, engineProgram, report: console.log });
  const days = Number(daysText);
  try {
    await fill(store, days, Number(targetsText));
    const raw = await answers(store, days);
    await rollUp(store, days);
    await printSizes(store);
    const rolled = await answers(store, days);
    console.log(
      `\n${days} days by the hour                                                              raw ms  rollups ms`,
    );
    for (const [i, question] of QUESTIONS.entries())
      console.log(`${question.padEnd(80)} ${raw[i].toFixed(0).padStart(6)}  ${rolled[i].toFixed(0).padStart(10)}`);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One day comes in as it would; the days before are copies of it. */
async function fill(store, days, count) {
  for (const [i, target] of targets().slice(0, count).entries())
    for (let at = 0; at < DAY_MS; at += POINTS_A_REQUEST * INTERVAL_MS) {
      const times = Array.from(
        { length: POINTS_A_REQUEST },
        (_unused, k) => LAST_DAY_MS + at + k * INTERVAL_MS + 137 * i,
      );
      await store.write(payloadOf("metrics", Buffer.from(target.next(times).otlp)));
    }
  await store.flush();
  for (let day = 1; day < days; day++)
    for (const [table, time] of [...TABLES.map((one) => [one, "Timestamp"]), ["metric_series", "Day"]])
      await store.client.command(
        `INSERT INTO ${table} SELECT * REPLACE(${time} - INTERVAL ${day} DAY AS ${time}) FROM ${table} AS day
         WHERE toDate(day.${time}) = toDate(${LAST_DAY_MS / 1_000})`,
      );
  for (const table of TABLES) await store.client.command(`OPTIMIZE TABLE ${table} FINAL`);
}

async function rollUp(store, days) {
  const { enginePid } = store.health;
  const rollups = new Rollups({
    client: store.client,
    clock: { nowMs: () => LAST_DAY_MS + 2 * DAY_MS, after: () => () => {}, every: () => () => {} },
    report: console.log,
    resolutions: RESOLUTIONS,
    isOwn: true,
    rawAgeMs: Infinity,
    sync: async () => {},
    whileNothingComes: (task) => task(),
  });
  const [cpuBefore, before] = [cpuMicros(enginePid), performance.now()];
  await rollups.apply();
  const [ms, cpu] = [performance.now() - before, cpuMicros(enginePid) - cpuBefore];
  const [[rows]] = await store.client.rows(
    "SELECT (SELECT count() FROM metric_samples) + (SELECT count() FROM metric_histograms)",
  );
  console.log(
    `rolled up ${days} days of ${rows} points twice in ${(ms / 1e3).toFixed(1)} s: ${(cpu / Number(rows)).toFixed(2)} CPU µs a point`,
  );
}

async function printSizes({ client }) {
  console.log("\ntable                        rows   bytes a row   bytes a raw point");
  for (const raw of TABLES) {
    const [[points]] = await client.rows(`SELECT count() FROM ${raw}`);
    for (const table of [raw, ...RESOLUTIONS.map(({ name }) => `${raw}_${name}`)]) {
      await client.command(`OPTIMIZE TABLE ${table} FINAL`);
      const [[rows, bytes]] = await client.rows(
        `SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table = '${table}'`,
      );
      console.log(
        `${table.padEnd(22)} ${String(rows).padStart(10)} ${(bytes / rows).toFixed(2).padStart(13)} ${(bytes / points).toFixed(3).padStart(19)}`,
      );
    }
  }
}

/** The median of each question's times. */
async function answers(store, days) {
  const querier = new StoreQuerier(new MetricReader(store.client), Date.now);
  const engine = new PromqlEngine({ querier, clock: { nowMs: Date.now }, features: EXPERIMENTAL_FEATURES });
  const endMs = LAST_DAY_MS + DAY_MS;
  const window = { startMs: endMs - days * DAY_MS + HOUR_MS, endMs, stepMs: HOUR_MS };
  const medians = [];
  for (const question of QUESTIONS) {
    const times = [];
    for (let i = 0; i < REPEATS; i++) {
      const before = performance.now();
      await engine.range(question, window, { signal: new AbortController().signal });
      times.push(performance.now() - before);
    }
    medians.push(times.sort((a, b) => a - b)[REPEATS >> 1]);
  }
  return medians;
}
