/** OTLP bytes to blocks: what a core transcodes in a second. */
import { payloadOf } from "../packages/otlp/dist/index.js";
import { nativeBlock } from "../packages/store/dist/block/native-block.js";
import { LogsTranscoder } from "../packages/store/dist/transcode/logs.js";
import { MetricsTranscoder } from "../packages/store/dist/transcode/metrics.js";
import { SpansTranscoder } from "../packages/store/dist/transcode/spans.js";
import { ShopLogs } from "./shop-logs.mjs";
import { ShopMetrics } from "./shop-metrics.mjs";
import { ShopTraces } from "./shop-traces.mjs";
import { spansRequest } from "./spans.mjs";

const ROUNDS = 7;
const ROUND_MS = 1_000;
/** A group that is committed together has at most so much. */
const GROUP_BYTES = 4 * 1_048_576;

export async function run() {
  const startUnixNano = BigInt(Date.now()) * 1_000_000n;
  const traces = new ShopTraces({ seed: 1, startUnixNano, stepNanos: 1_000_000n });
  const logs = new ShopLogs({ seed: 2, startUnixNano, stepNanos: 100_000n });
  const metrics = new ShopMetrics({ seed: 3, startMs: Date.now() });
  const table = [
    ["spans, 10 attributes, of one process", "traces", many(20, (i) => ({ bytes: spansRequest(512, i), items: 512 }))],
    ["spans, 14 attributes, of all services", "traces", many(20, () => itemsOf(traces.request(512)))],
    ["log records, 6 attributes", "logs", many(20, () => itemsOf(logs.request(512)))],
    ["metric samples, 3 attributes", "metrics", many(3, () => metrics.exports().map(itemsOf)).flat()],
  ];
  console.log("what                                      items/s a core  µs/item  bytes/item");
  for (const [name, signal, requests] of table) {
    const perSecond = await measured(signal, requests);
    const items = requests.reduce((sum, request) => sum + request.items, 0);
    const bytes = requests.reduce((sum, request) => sum + request.bytes.length, 0);
    const cells = [Math.round(perSecond).toString().padStart(14), (1e6 / perSecond).toFixed(2).padStart(7)];
    console.log(
      [
        name.padEnd(40),
        ...cells,
        Math.round(bytes / items)
          .toString()
          .padStart(10),
      ].join("  "),
    );
  }
}

function itemsOf({ bytes, spans, records, points }) {
  return { bytes, items: spans ?? records ?? points };
}

function many(count, make) {
  return Array.from({ length: count }, (_unused, i) => make(i));
}

/** Items a second of CPU: the best of the rounds, since what others do on the machine only slows. */
async function measured(signal, requests) {
  const payloads = requests.map(({ bytes, items }) => ({ payload: payloadOf(signal, Buffer.from(bytes)), items }));
  const transcoder = transcoderOf(signal);
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = process.cpuUsage();
    const until = performance.now() + ROUND_MS;
    let items = 0;
    let group = 0;
    for (let i = 0; performance.now() < until; i = (i + 1) % payloads.length) {
      transcoder.add(payloads[i].payload);
      items += payloads[i].items;
      group += payloads[i].payload.byteLength;
      if (group > GROUP_BYTES) {
        finish(transcoder);
        group = 0;
      }
    }
    finish(transcoder);
    const { user, system } = process.cpuUsage(cpu);
    best = Math.max(best, (items / (user + system)) * 1e6);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return best;
}

function finish(transcoder) {
  for (const block of transcoder.blocks) {
    if (block.rows > 0) nativeBlock(block.columns);
    block.reset();
  }
}

function transcoderOf(signal) {
  if (signal === "traces") return new SpansTranscoder();
  return signal === "logs" ? new LogsTranscoder(() => Date.now()) : new MetricsTranscoder();
}
