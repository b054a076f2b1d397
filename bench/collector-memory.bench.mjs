/**
 * What memory Clew's collector needs while nobody takes its data: the tutorial's pipeline for traces, an exporter whose
 * destination refuses connections or accepts them and never answers, and some 600 MB offered at once and anew as
 * fast as it is refused. Prints the peak and the median of the second half. Arguments choose a part:
 *
 *     npm run bench -- collector-memory [refused] [silent] [http] [grpc] [16] [200] [10] [1000] [seconds=60]
 */
import { createServer } from "node:net";
import { startLoad, startSink, startSubject, SUBJECTS } from "./collector-subjects.mjs";
import { memoryBytes } from "./process-usage.mjs";

const OFFERED_BYTES = 600e6;
const BYTES_PER_SPAN = 430;
/** What a client may have in flight on one connection: gRPC's streams, and requests in HTTP's pipeline. */
const MAX_IN_FLIGHT = { http: 256, grpc: 1_000 };
const SAMPLE_MS = 200;
const BAR_BYTES = 250e6;

const args = process.argv.slice(2);
const chosen = (all) => {
  const some = all.filter((one) => args.includes(String(one)));
  return some.length > 0 ? some : all;
};
const durationMs = Number(args.find((arg) => arg.startsWith("seconds="))?.slice(8) ?? 60) * 1_000;

console.log("destination  transport  connections  spans/request  peak MB  steady MB");
let worst = 0;
for (const destination of chosen(["refused", "silent"])) {
  for (const protocol of chosen(["http", "grpc"])) {
    for (const connections of chosen([16, 200])) {
      for (const spans of chosen([10, 1_000])) await measure({ destination, protocol, connections, spans });
    }
  }
}
console.log(`${worst < BAR_BYTES ? "The bar holds" : "Above the bar"} (peak below ${BAR_BYTES / 1e6} MB).`);
process.exitCode = worst < BAR_BYTES ? 0 : 1;

async function measure({ destination, protocol, connections, spans }) {
  const sink = destination === "silent" ? await startSink("--down") : { ...(await refusingPorts()), stop() {} };
  const load = startLoad();
  const clew = await startSubject("clew", SUBJECTS.clew, { sink, protocol, gzip: false });
  const perConnection = Math.ceil(OFFERED_BYTES / (spans * BYTES_PER_SPAN) / connections);
  const inFlight = Math.min(MAX_IN_FLIGHT[protocol], perConnection);
  try {
    load.offer({
      protocol,
      address: clew.address,
      spans,
      connections,
      inFlight,
      gzip: false,
      durationMs: 2 * durationMs,
    });
    const samples = await memoryOver(clew.pid);
    const { peak } = memoryBytes(clew.pid);
    worst = Math.max(worst, peak);
    const late = samples.slice(samples.length / 2).sort((a, b) => a - b);
    const inMB = (bytes) => String(Math.round(bytes / 1e6));
    const cells = [destination, protocol, connections, spans, inMB(peak), inMB(late[Math.floor(late.length / 2)])];
    console.log(cells.map((cell, i) => String(cell).padStart([11, 9, 11, 13, 7, 9][i])).join("  "));
  } finally {
    load.stop();
    sink.stop();
    await clew.stop();
  }
}

async function memoryOver(pid) {
  const samples = [];
  for (const until = Date.now() + durationMs; Date.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push(memoryBytes(pid).rss);
  }
  return samples;
}

/** Ports on which nobody listens any more. */
async function refusingPorts() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return { http: port, grpc: port };
}
