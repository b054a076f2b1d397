/**
 * What metrics cost in `@clew/sdk` and in the official SDK: recording, and collecting and exporting 10,000 series
 * over OTLP/HTTP protobuf. Each measurement has a process of its own; counted is the CPU time of all its threads.
 *
 *     npm run bench -- sdk-metrics [rounds] [only cases that contain this]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SUBJECTS = ["official", "clew"];
const RECORDINGS = 200_000;
const RECORDING_CASES = ["counter", "histogram"].flatMap((instrument) =>
  ["reused", "fresh"].flatMap((attributes) => [1, 100, 2000].map((series) => `${instrument} ${attributes} ${series}`)),
);
const COLLECT_CASES = ["collect cumulative", "collect delta"];

if (process.argv[2] === "--one") await measureOne(process.argv[3], process.argv[4], process.argv[5]);
else await measureAll(Number(process.argv[2] ?? 3), process.argv[3] ?? "");

async function measureAll(rounds, wanted) {
  const sink = spawn(process.execPath, [fileURLToPath(new URL("otlp-sink.mjs", import.meta.url))]);
  const [line] = await once(createInterface(sink.stdout), "line");
  const { http } = JSON.parse(line);
  console.log(`case                      official        clew   ratio`);
  for (const name of [...RECORDING_CASES, ...COLLECT_CASES].filter((one) => one.includes(wanted))) {
    const results = { official: [], clew: [] };
    for (let round = 0; round < rounds; round++) {
      for (const subject of SUBJECTS) results[subject].push(await inOwnProcess(subject, name, http));
    }
    const [official, clew] = SUBJECTS.map((subject) => median(results[subject]));
    const unit = name.startsWith("collect") ? "ms" : "ns";
    const cell = (value) => `${value.toFixed(unit === "ms" ? 1 : 0)} ${unit}`.padStart(12);
    console.log(`${name.padEnd(22)}${cell(official)}${cell(clew)}${(official / clew).toFixed(1).padStart(8)}`);
  }
  sink.kill();
}

async function inOwnProcess(subject, name, http) {
  const args = [fileURLToPath(import.meta.url), "--one", subject, name, String(http)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout);
  const [line] = await Promise.race([once(lines, "line"), once(lines, "close")]);
  await once(child, "exit");
  return Number(line);
}

async function measureOne(subject, name, http) {
  const [kind, how, count] = name.split(" ");
  const result =
    kind === "collect"
      ? await collectMs(await setUp(subject, how, http))
      : await recordNanos(subject, kind, how, count);
  console.log(result);
  process.exit(0);
}

/** The context manager is there as in an application, so that looking for a sampled span has its price. */
async function setUp(subject, temporality, http) {
  const { context } = await import("@opentelemetry/api");
  const url = `http://127.0.0.1:${http}/v1/metrics`;
  if (subject === "clew") {
    const sdk = await import("@clew/sdk");
    context.setGlobalContextManager(new sdk.AsyncLocalStorageContextManager());
    const exporter = new sdk.OTLPMetricExporter({ url, temporalityPreference: temporality, env: {} });
    return provide(sdk, exporter);
  }
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
  const { AggregationTemporality, ...sdk } = await import("@opentelemetry/sdk-metrics");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const temporalityPreference =
    temporality === "delta" ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  return provide(sdk, new OTLPMetricExporter({ url, temporalityPreference }));
}

function provide({ MeterProvider, PeriodicExportingMetricReader }, exporter) {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  return new MeterProvider({ readers: [reader] });
}

/** CPU nanoseconds for one measurement. */
async function recordNanos(subject, kind, how, count) {
  const meter = (await setUp(subject, "cumulative", 9)).getMeter("bench");
  const instrument = kind === "counter" ? meter.createCounter("c") : meter.createHistogram("h");
  const pool = attributeSets(Number(count));
  let i = 0;
  const next = () => {
    const attributes = pool[i++ % pool.length];
    // A new object with the same content, as an instrumentation makes one for each request.
    return how === "reused" ? attributes : { ...attributes };
  };
  const measure =
    kind === "counter" ? () => instrument.add(1, next()) : () => instrument.record((i * 7) % 5_000, next());
  const runs = [];
  for (let run = 0; run < 9; run++) {
    const startedAt = process.cpuUsage();
    for (let n = 0; n < RECORDINGS; n++) measure();
    const { user, system } = process.cpuUsage(startedAt);
    if (run > 1) runs.push(((user + system) * 1_000) / RECORDINGS);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return median(runs);
}

/** CPU milliseconds to collect and export five counters and five histograms of 1,000 series each. */
async function collectMs(provider) {
  const meter = provider.getMeter("bench");
  const five = (create) => Array.from({ length: 5 }, (_, i) => create(i));
  const counters = five((i) => meter.createCounter(`c${i}`));
  const histograms = five((i) => meter.createHistogram(`h${i}`));
  const runs = [];
  for (let run = 0; run < 16; run++) {
    for (const attributes of attributeSets(1_000)) {
      for (const counter of counters) counter.add(1, attributes);
      for (const histogram of histograms) histogram.record(17, attributes);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedAt = process.cpuUsage();
    await provider.forceFlush();
    const { user, system } = process.cpuUsage(startedAt);
    if (run > 4) runs.push((user + system) / 1_000);
  }
  return median(runs);
}

function attributeSets(count) {
  return Array.from({ length: count }, (_, i) => ({
    "http.request.method": "GET",
    "http.route": `/r/${i}`,
    "http.response.status_code": 200 + (i % 5),
  }));
}

function median(values) {
  return [...values].sort((left, right) => left - right)[values.length >> 1];
}
