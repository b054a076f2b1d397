/**
 * OTLP/gRPC to durable to searchable: the whole program under a load generator on the same machine. CPU is of the
 * program and its engine, merges included.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cpuMicros, memoryBytes } from "./process-usage.mjs";
import { startClew } from "./running-clew.mjs";

const LOADS = [
  { signal: "traces", items: 512, inFlight: 8, bar: 80_000 },
  { signal: "logs", items: 512, inFlight: 8, bar: 150_000 },
  { signal: "metrics", items: 1_000, inFlight: 16, bar: 500_000 },
];
const WARM_UP_MS = 3_000;
const DRAIN_POLL_MS = 50;

export async function run(secondsText = "300", signal) {
  console.log(
    "signal   acked/s  searchable/s     bar  program µs  engine µs  spool MB at the end  failures  peak MB (program, engine)",
  );
  for (const load of LOADS.filter((one) => signal === undefined || one.signal === signal)) {
    const clew = await startClew();
    try {
      await measure(clew, load, Number(secondsText) * 1_000);
    } finally {
      await clew.stop();
    }
  }
}

async function measure(clew, load, durationMs) {
  await sendLoad(clew, load, WARM_UP_MS);
  await drained(clew);
  const before = { program: cpuMicros(clew.pid), engine: cpuMicros(clew.enginePid) };
  const startedAt = performance.now();
  const totals = await sendLoad(clew, load, durationMs);
  const ackedSeconds = (performance.now() - startedAt) / 1_000;
  const behind = (await clew.status()).store.spoolBytes;
  await drained(clew);
  const searchableSeconds = (performance.now() - startedAt) / 1_000;
  const cpu = (pid, since) => ((cpuMicros(pid) - since) / totals.items).toFixed(2);
  const peak = (pid) => Math.round(memoryBytes(pid).peak / 1e6);
  const perSecond = (seconds) => Math.round(totals.items / seconds).toString();
  console.log(
    [
      load.signal.padEnd(7),
      perSecond(ackedSeconds).padStart(8),
      perSecond(searchableSeconds).padStart(12),
      String(load.bar).padStart(6),
      cpu(clew.pid, before.program).padStart(10),
      cpu(clew.enginePid, before.engine).padStart(9),
      (behind / 1e6).toFixed(0).padStart(19),
      String(totals.failures).padStart(13),
      `${peak(clew.pid)}, ${peak(clew.enginePid)}`.padStart(12),
    ].join("  "),
  );
}

/** Runs the load generator; resolves to what it counted. */
export function sendLoad(clew, { signal, items, inFlight }, durationMs) {
  const program = fileURLToPath(new URL("./shop-load.mjs", import.meta.url));
  const args = [program, clew.otlpGrpc, signal, items, inFlight, durationMs].map(String);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
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
  while ((await clew.status()).store.spoolBytes > 0) await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
}
