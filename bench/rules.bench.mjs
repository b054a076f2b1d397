/**
 * What the evaluation of a rule costs, and what it costs those who send meanwhile: 10,000 series of remote write, 20
 * minutes of them, then as many as arrive in real time while 60 rules are evaluated every 5 seconds, in Clew and in
 * Debian's Prometheus. CPU of all of a program's processes from /proc, less what the same time costs without rules.
 *
 *     npm run bench -- rules [seconds]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snappyCompress } from "../packages/collector/dist/compression/snappy.js";
import { cpuMicros } from "./process-usage.mjs";
import { INTERVAL_MS, targets } from "./promql-data.mjs";
import { startClew } from "./running-clew.mjs";
import { startPrometheus } from "./running-prometheus.mjs";

const HISTORY_MS = 20 * 60_000;
const RULE_INTERVAL_S = 5;
const GROUPS = 6;
const seconds = Number(process.argv[2] ?? 60);

const directory = mkdtempSync(join(tmpdir(), "clew-bench-rules-"));
const file = join(directory, "rules.yml");
writeFileSync(file, rulesText());
console.log("                         CPU % of a core   ms/rule   write p50 ms   p99 ms   failures");
try {
  const idle = {
    clew: await measured("clew", () => startClew()),
    prometheus: await measured("prometheus", () => startPrometheus()),
  };
  await measured("clew, rules", () => startClew(["--rules", file]), idle.clew);
  await measured("prometheus, rules", () => startPrometheus(rulesText()), idle.prometheus);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Ten rules a group: five that build on series, two on those, three alerts. */
function rulesText() {
  const group = (i) => `
- name: g${i}
  interval: ${RULE_INTERVAL_S}s
  rules:
  - {record: "job:requests:rate5m", expr: 'sum by (job) (rate(http_requests_total{job=~"job-${i}.*|.*${i}"}[5m]))', labels: {g: "${i}"}}
  - {record: "job:errors:rate5m", expr: 'sum by (job) (rate(http_requests_total{status="500"}[5m]))', labels: {g: "${i}"}}
  - {record: "job:latency:p99", expr: 'histogram_quantile(0.99, sum by (job, le) (rate(request_duration_seconds_bucket[5m])))', labels: {g: "${i}"}}
  - {record: "job:queue:max", expr: 'max by (job, queue) (queue_size)', labels: {g: "${i}"}}
  - {record: "instance:cpu:avg5m", expr: 'avg by (instance) (avg_over_time(cpu_utilization[5m]))', labels: {g: "${i}"}}
  - {record: "job:errors:ratio", expr: 'job:errors:rate5m{g="${i}"} / on (job) job:requests:rate5m{g="${i}"}', labels: {g: "${i}"}}
  - {record: "all:errors:rate5m", expr: 'sum(job:errors:rate5m{g="${i}"})', labels: {g: "${i}"}}
  - {alert: Slow, expr: 'job:latency:p99{g="${i}"} > 0.1', for: 1m, annotations: {summary: "{{ $labels.job }}: {{ $value | humanizeDuration }}"}}
  - {alert: Full, expr: 'queue_size > 60', for: 30s, labels: {severity: page}}
  - {alert: Hot, expr: 'cpu_utilization > 0.999'}
`;
  return `groups:${Array.from({ length: GROUPS }, (_unused, i) => group(i)).join("")}`;
}

/** CPU microseconds of a second. */
async function measured(name, start, idleMicros) {
  const program = await start();
  const url = program.prometheus ?? program.url;
  const pids = [program.pid, program.enginePid].filter((pid) => pid !== undefined);
  try {
    const all = targets();
    let timeMs = Date.now() - HISTORY_MS;
    for (; timeMs < Date.now(); timeMs += INTERVAL_MS) await send(url, all, timeMs, []);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const before = pids.map(cpuMicros);
    const latencies = [];
    const endMs = Date.now() + seconds * 1_000;
    // A hundred processes send once in 15 seconds, one after the other.
    for (let next = Date.now(), i = 0; Date.now() < endMs; next += INTERVAL_MS / all.length, i++) {
      await send(url, [all[i % all.length]], Date.now(), latencies);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
    }
    const used = pids.map((pid, i) => (cpuMicros(pid) - before[i]) / seconds);
    const micros = used.reduce((sum, one) => sum + one, 0);
    const parts = used.map((one) => (one / 10_000).toFixed(1)).join(" + ");
    const done = await evaluations(url);
    const perRule = (((micros - (idleMicros ?? 0)) / 1_000) * RULE_INTERVAL_S) / (GROUPS * 10);
    latencies.sort((a, b) => a - b);
    const at = (part) => latencies[Math.floor(part * (latencies.length - 1))].toFixed(1);
    const rules = idleMicros === undefined ? ["", ""] : [perRule.toFixed(2), done.failed];
    console.log(
      `${name.padEnd(20)} ${parts.padStart(16)} ${rules[0].padStart(10)} ${at(0.5).padStart(14)} ${at(0.99).padStart(8)} ${String(rules[1]).padStart(10)}`,
    );
    return micros;
  } finally {
    await program.stop();
  }
}

async function evaluations(url) {
  const { data } = await (await fetch(`${url}/api/v1/rules`)).json();
  const rules = (data.groups ?? []).flatMap((group) => group.rules);
  return { failed: rules.filter(({ health }) => health === "err").length };
}

async function send(url, some, timeMs, latencies) {
  const body = snappyCompress(Buffer.concat(some.map((target) => target.next([timeMs]).writeRequest)));
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
  const startedAt = performance.now();
  const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
  latencies.push(performance.now() - startedAt);
  if (response.status !== 204) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
