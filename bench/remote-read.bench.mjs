/**
 * What a sample of remote read costs: 10,000 series at 15 s, read whole in one query as samples and as streamed chunks, from
 * Clew and from Debian's Prometheus. CPU of all of a program's processes, from /proc.
 *
 *     npm run bench -- remote-read [rounds of all series]
 */
import { snappyCompress } from "../packages/collector/dist/compression/snappy.js";
import { Writer } from "../packages/otlp/dist/index.js";
import { cpuMicros, memoryBytes } from "./process-usage.mjs";
import { INTERVAL_MS, SERIES_COUNT, targets } from "./promql-data.mjs";
import { startClew } from "./running-clew.mjs";
import { startPrometheus } from "./running-prometheus.mjs";

const TYPES = { samples: 0, chunks: 1 };
const REPEATS = 3;
const TARGETS_A_REQUEST = 20;
const rounds = Number(process.argv[2] ?? 120);
const startMs = Date.now() - (rounds + 1) * INTERVAL_MS;

console.log("                          MB   bytes/sample   program µs/sample   engine µs/sample      s   peak MB");
const clew = await startClew();
try {
  await fill(clew.prometheus);
  while ((await clew.status()).store.spoolBytes > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await measure("clew", clew.prometheus, [clew.pid, clew.enginePid]);
} finally {
  await clew.stop();
}
const prometheus = await startPrometheus();
try {
  await fill(prometheus.url);
  await measure("prometheus", prometheus.url, [prometheus.pid]);
} finally {
  await prometheus.stop();
}

async function fill(url) {
  const all = targets();
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
  for (let round = 0; round < rounds; round++) {
    const requests = all.map((target) => target.next([startMs + round * INTERVAL_MS]).writeRequest);
    for (let i = 0; i < requests.length; i += TARGETS_A_REQUEST) {
      const body = snappyCompress(Buffer.concat(requests.slice(i, i + TARGETS_A_REQUEST)));
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      if (response.status !== 204) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    }
  }
}

async function measure(name, url, pids) {
  for (const [label, type] of Object.entries(TYPES)) {
    await read(url, type);
    const before = pids.map(cpuMicros);
    const since = performance.now();
    let bytes = 0;
    for (let i = 0; i < REPEATS; i++) bytes = await read(url, type);
    const seconds = (performance.now() - since) / 1_000 / REPEATS;
    const samples = rounds * SERIES_COUNT;
    const [program, engine = 0] = pids.map((pid, i) => (cpuMicros(pid) - before[i]) / samples / REPEATS);
    const cells = [bytes / 1e6, bytes / samples, program, engine, seconds, memoryBytes(pids[0]).peak / 1e6];
    const widths = [8, 14, 19, 18, 8, 12];
    const text = cells.map((cell, i) => cell.toFixed(i === 5 ? 0 : 2).padStart(widths[i]));
    console.log(`${`${name} ${label}`.padEnd(20)}${text.join("")}`);
  }
}

/** The length of the whole answer. */
async function read(url, type) {
  const body = snappyCompress(readRequest(type));
  const response = await fetch(`${url}/api/v1/read`, { method: "POST", body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  let bytes = 0;
  for await (const chunk of response.body) bytes += chunk.length;
  return bytes;
}

/** All series that have a name. */
function readRequest(type) {
  const writer = new Writer(128);
  const query = writer.begin(1);
  writer.int(1, startMs);
  writer.int(2, startMs + rounds * INTERVAL_MS);
  const matcher = writer.begin(3);
  writer.uint(1, 2);
  writer.string(2, ["", "name", ""].join("__"));
  writer.string(3, ".+");
  writer.end(matcher);
  writer.end(query);
  writer.int(2, type);
  return writer.take();
}
