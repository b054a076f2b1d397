/**
 * Spans per second from OTLP/gRPC to durable (acknowledged) and to searchable (in the engine),
 * with the load generator and the engine on the same machine. CPU is of the program and of its
 * engine, from /proc; wall-clock figures depend on what else the machine does.
 *
 *     npm run bench -- ingest [seconds a round]
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cpuMicros, memoryBytes } from "./process-usage.mjs";
import { startClew } from "./running-clew.mjs";

const ROUNDS = [
  { spans: 1, inFlight: 256 },
  { spans: 100, inFlight: 16 },
  { spans: 1_000, inFlight: 8 },
];
const WARM_UP_MS = 3_000;
const seconds = Number(process.argv[2] ?? 10);

console.log(
  "spans/request  acked spans/s  searchable spans/s  program µs/span  engine µs/span  bytes/span  failures  peak MB (program, engine)",
);
for (const { spans, inFlight } of ROUNDS) {
  const clew = await startClew();
  try {
    await load(clew, spans, inFlight, WARM_UP_MS);
    await drained(clew);
    const before = { program: cpuMicros(clew.pid), engine: cpuMicros(clew.enginePid) };
    const startedAt = performance.now();
    const totals = await load(clew, spans, inFlight, seconds * 1_000);
    const ackedSeconds = (performance.now() - startedAt) / 1_000;
    await drained(clew);
    const searchableSeconds = (performance.now() - startedAt) / 1_000;
    const cpu = (pid, since) => ((cpuMicros(pid) - since) / totals.spans).toFixed(2);
    const peak = (pid) => Math.round(memoryBytes(pid).peak / 1e6);
    console.log(
      [
        String(spans).padStart(13),
        Math.round(totals.spans / ackedSeconds)
          .toString()
          .padStart(13),
        Math.round(totals.spans / searchableSeconds)
          .toString()
          .padStart(18),
        cpu(clew.pid, before.program).padStart(15),
        cpu(clew.enginePid, before.engine).padStart(14),
        Math.round(totals.bytes / totals.spans)
          .toString()
          .padStart(10),
        String(totals.failures).padStart(8),
        `${peak(clew.pid)}, ${peak(clew.enginePid)}`.padStart(12),
      ].join("  "),
    );
  } finally {
    await clew.stop();
  }
}

function load(clew, spans, inFlight, durationMs) {
  const program = fileURLToPath(new URL("./grpc-load.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, clew.otlpGrpc, String(spans), String(inFlight), String(durationMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (text) => (printed += text));
    child.once("exit", (code) =>
      code === 0 ? resolve(JSON.parse(printed)) : reject(new Error(`the load ended with ${code}`)),
    );
  });
}

/** Resolves when everything that was acknowledged is in the engine. */
async function drained(clew) {
  while ((await clew.status()).store.spoolBytes > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}
