/**
 * How soon `clew up` answers /ready on built code, and what both processes hold, and use of a core, when idle.
 *
 *     npm run bench -- start [rounds]
 */
import { cpuMicros, memoryBytes } from "./process-usage.mjs";
import { startClew } from "./running-clew.mjs";

/** What a start leaves to do, garbage and the first merges, is done by then. */
const SETTLE_MS = 30_000;
const IDLE_MS = 20_000;
const rounds = Number(process.argv[2] ?? 3);

console.log("ready after ms  idle RSS MB (program + engine = both)  idle CPU % of a core");
for (let round = 0; round < rounds; round++) {
  const startedAt = performance.now();
  const clew = await startClew();
  while ((await fetch(`${clew.ui}/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
  const readyMs = Math.round(performance.now() - startedAt);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const before = cpuMicros(clew.pid) + cpuMicros(clew.enginePid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const percent = ((cpuMicros(clew.pid) + cpuMicros(clew.enginePid) - before) / IDLE_MS / 10).toFixed(2);
  const [program, engine] = [clew.pid, clew.enginePid].map((pid) => Math.round(memoryBytes(pid).rss / 1e6));
  console.log(
    `${String(readyMs).padStart(14)}  ${`${program} + ${engine} = ${program + engine}`.padEnd(38)}  ${percent}`,
  );
  await clew.stop();
}
