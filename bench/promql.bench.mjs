/**
 * What queries cost Clew and Debian's Prometheus: the same 10,000 series of the last hours in both, the same queries
 * in turn, CPU milliseconds of all processes of each server; answers are compared too.
 *
 *     npm run bench -- promql [hours] [repeats]
 *
 * Bar: no query dearer than Prometheus, the median at most half. Needs `apt-get install prometheus`.
 */
import { cpuMicros } from "./process-usage.mjs";
import { INTERVAL_MS, SERIES_COUNT, targets } from "./promql-data.mjs";
import { startClew } from "./running-clew.mjs";
import { startPrometheus } from "./running-prometheus.mjs";

/** Samples before the first evaluation, for its window. */
const BEFORE_MS = 600_000;
const PER_REQUEST = 20;
/** Evaluation times lie between samples, where windows that are open on the left and closed ones are the same. */
const BETWEEN_MS = 7_000;
const HOUR_MS = 3_600_000;
/** What takes less than the system's clock of CPU time can tell is asked so often in a row. */
const CHEAP = { "label/values": 200 };
const SETTLE_MS = 120_000;

const [hoursText = "1", repeatsText = "7"] = process.argv.slice(2);
const hours = Number(hoursText);
const repeats = Number(repeatsText);
const endMs = Math.floor(Date.now() / 60_000) * 60_000;
const startMs = endMs - hours * HOUR_MS;
const stepSeconds = hours <= 1 ? 15 : 60;
const times = `start=${(startMs + BETWEEN_MS) / 1_000}&end=${(endMs - BETWEEN_MS) / 1_000}`;

/** All series but `target_info`, which Clew makes of resources. */
const OURS = "(http|request|queue|cpu)_.+";
const range = (query) => `/api/v1/query_range?query=${encodeURIComponent(query)}&${times}&step=${stepSeconds}`;
const QUERIES = {
  "sum by (rate)": range("sum by (job) (rate(http_requests_total[5m]))"),
  histogram_quantile: range("histogram_quantile(0.99, sum by (le) (rate(request_duration_seconds_bucket[5m])))"),
  topk: range("topk(10, rate(http_requests_total[5m]))"),
  avg_over_time: range("avg by (job) (avg_over_time(queue_size[5m]))"),
  "count by": range(`count by (__name__, job) ({__name__=~"${OURS}", job=~".+"})`),
  "4,800 series out": range("request_duration_seconds_bucket"),
  "regex over 10,000": range(`count({__name__=~"${OURS}", instance=~"instance-.*-[0-4]"})`),
  "label/values": `/api/v1/label/instance/values?${times}`,
};

const clew = await startClew();
const prometheus = await startPrometheus();
try {
  await load();
  await settled();
  await compare();
} finally {
  await Promise.all([clew.stop(), prometheus.stop()]);
}

async function load() {
  const all = targets();
  const loadedAt = performance.now();
  let samples = 0;
  for (let at = startMs - BEFORE_MS; at <= endMs; at += PER_REQUEST * INTERVAL_MS) {
    const timesMs = Array.from({ length: PER_REQUEST }, (_unused, i) => at + i * INTERVAL_MS).filter((t) => t <= endMs);
    for (const target of all) {
      const { otlp, remoteWrite } = target.next(timesMs);
      await Promise.all([
        post(`${clew.otlpHttp}/v1/metrics`, otlp, { "content-type": "application/x-protobuf" }),
        post(`${prometheus.url}/api/v1/write`, remoteWrite, {
          "content-type": "application/x-protobuf",
          "content-encoding": "snappy",
          "x-prometheus-remote-write-version": "0.1.0",
        }),
      ]);
    }
    samples += timesMs.length * SERIES_COUNT;
  }
  console.log(`${samples} samples loaded in ${((performance.now() - loadedAt) / 1_000).toFixed(0)} s`);
}

async function post(url, body, headers) {
  for (;;) {
    const response = await fetch(url, { method: "POST", body, headers });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 429 && response.status !== 503) throw new Error(`${url}: ${response.status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until both have the last samples and neither works any more. */
async function settled() {
  const last = `/api/v1/query?query=${encodeURIComponent("count(timestamp(queue_size))")}&time=${endMs / 1_000}`;
  const giveUpAt = performance.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 3 && performance.now() < giveUpAt;) {
    const before = usageOf();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = usageOf();
    const [ours, theirs] = await Promise.all([clew.ui, prometheus.url].map((url) => ask(url + last)));
    const isThere = ours.text === theirs.text;
    quiet = isThere && after.clew - before.clew < 150 && after.prometheus - before.prometheus < 150 ? quiet + 1 : 0;
  }
}

/** CPU milliseconds so far. */
function usageOf() {
  return {
    clew: (cpuMicros(clew.pid) + cpuMicros(clew.enginePid)) / 1_000,
    program: cpuMicros(clew.pid) / 1_000,
    prometheus: cpuMicros(prometheus.pid) / 1_000,
  };
}

async function ask(url) {
  const askedAt = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return { text, ms: performance.now() - askedAt };
}

async function compare() {
  console.log("query: CPU ms of Clew (of that, of its program) · of Prometheus · ratio; wall ms");
  const ratios = [];
  for (const [name, path] of Object.entries(QUERIES)) {
    const [first, second] = await Promise.all([clew.ui, prometheus.url].map((url) => ask(url + path)));
    const difference = differenceOf(first.text, second.text);
    const spent = { clew: 0, program: 0, prometheus: 0 };
    const walls = { clew: [], prometheus: [] };
    const times = CHEAP[name] ?? 1;
    for (let i = 0; i < repeats; i++) {
      const before = usageOf();
      walls.clew.push(await askTimes(times, clew.ui + path));
      const between = usageOf();
      walls.prometheus.push(await askTimes(times, prometheus.url + path));
      const after = usageOf();
      spent.clew += between.clew - before.clew;
      spent.program += between.program - before.program;
      spent.prometheus += after.prometheus - between.prometheus;
    }
    const [ours, program, theirs] = [spent.clew, spent.program, spent.prometheus].map((ms) => ms / repeats / times);
    ratios.push(ours / theirs);
    console.log(
      `${name}: ${figure(ours)} (${figure(program)}) · ${figure(theirs)} · ${(ours / theirs).toFixed(2)}; ` +
        `${median(walls.clew).toFixed(0)} · ${median(walls.prometheus).toFixed(0)}${difference && `; DIFFERENT: ${difference}`}`,
    );
  }
  console.log(`median ratio ${median(ratios).toFixed(2)} (bar 0.5), worst ${Math.max(...ratios).toFixed(2)} (bar 1)`);
}

/** Milliseconds of each on average. */
async function askTimes(times, url) {
  let ms = 0;
  for (let i = 0; i < times; i++) ms += (await ask(url)).ms;
  return ms / times;
}

function figure(ms) {
  return ms < 10 ? ms.toFixed(2) : ms.toFixed(0);
}

/** What differs between two answers; "" where nothing does. */
function differenceOf(ours, theirs) {
  const [a, b] = [ours, theirs].map((text) => JSON.parse(text).data);
  if (Array.isArray(a)) return JSON.stringify(a) === JSON.stringify(b) ? "" : "lists";
  const keyed = (data) => new Map(data.result.map((one) => [keyOf(one.metric), one]));
  const others = keyed(b);
  if (a.result.length !== others.size) return `${a.result.length} series and ${others.size}`;
  for (const one of a.result) {
    const other = others.get(keyOf(one.metric));
    if (other === undefined) return `no ${keyOf(one.metric)}`;
    if (one.values.length !== other.values.length) return `${one.values.length} points and ${other.values.length}`;
    for (const [i, [time, value]] of one.values.entries()) {
      const [otherTime, otherValue] = other.values[i];
      const isClose = Math.abs(value - otherValue) <= 1e-9 * Math.abs(otherValue);
      if (time !== otherTime || !isClose) return `${value} and ${otherValue} at ${time} of ${keyOf(one.metric)}`;
    }
  }
  return "";
}

function keyOf(metric) {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
