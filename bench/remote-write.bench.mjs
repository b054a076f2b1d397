/**
 * What a sample of remote write costs: 10,000 series at 15 s, one sample each in requests of 2,000, as Prometheus's
 * shards send them, to Clew and to Debian's Prometheus. CPU of all of a program's processes, until everything can be
 * asked for, from /proc.
 *
 *     npm run bench -- remote-write [rounds of all series]
 */
import { snappyCompress } from "../packages/collector/dist/compression/snappy.js";
import { cpuMicros } from "./process-usage.mjs";
import { INTERVAL_MS, SERIES_COUNT, targets } from "./promql-data.mjs";
import { startClew } from "./running-clew.mjs";
import { startPrometheus } from "./running-prometheus.mjs";

const TARGETS_A_REQUEST = 20;
const IN_FLIGHT = 4;
const WARM_UP_ROUNDS = 10;
const rounds = Number(process.argv[2] ?? 200);

console.log("                samples/s   program µs/sample   engine µs/sample   together");
const clew = await startClew();
try {
  const drained = async () => {
    while ((await clew.status()).store.spoolBytes > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await measure("clew", clew.prometheus, [clew.pid, clew.enginePid], drained);
} finally {
  await clew.stop();
}
const prometheus = await startPrometheus();
try {
  await measure("prometheus", prometheus.url, [prometheus.pid], () => Promise.resolve());
} finally {
  await prometheus.stop();
}

async function measure(name, url, pids, drained) {
  const all = targets();
  const startMs = Date.now() - (rounds + WARM_UP_ROUNDS) * INTERVAL_MS;
  let round = 0;
  const bodies = () => {
    const timeMs = startMs + round++ * INTERVAL_MS;
    const requests = all.map((target) => target.next([timeMs]).writeRequest);
    return Array.from({ length: Math.ceil(requests.length / TARGETS_A_REQUEST) }, (_unused, i) =>
      snappyCompress(Buffer.concat(requests.slice(i * TARGETS_A_REQUEST, (i + 1) * TARGETS_A_REQUEST))),
    );
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await send(url, bodies());
  await drained();
  const before = pids.map(cpuMicros);
  let sendingMs = 0;
  for (let i = 0; i < rounds; i++) {
    const made = bodies();
    const startedAt = performance.now();
    await send(url, made);
    sendingMs += performance.now() - startedAt;
  }
  await drained();
  const samples = rounds * SERIES_COUNT;
  const [program, engine = 0] = pids.map((pid, i) => (cpuMicros(pid) - before[i]) / samples);
  const cells = [(samples / sendingMs) * 1_000, program, engine, program + engine];
  console.log(
    [
      name.padEnd(12),
      ...cells.map((cell, i) => (i === 0 ? Math.round(cell) : cell.toFixed(2)).toString().padStart(12)),
    ].join("  "),
  );
}

async function send(url, bodies) {
  const waiting = [...bodies];
  const one = async () => {
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      if (response.status !== 204) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}
