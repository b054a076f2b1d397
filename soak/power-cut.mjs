/** Takes the power from a `clew up`: both processes are killed, and its directory is what a disk would have of it. */
import { spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { TRACED_CALLS, TracedDisk } from "./traced-disk.mjs";

const STRACE = [
  "strace",
  "-f",
  "-y",
  "--seccomp-bpf",
  "-qq",
  "-s",
  "0",
  "-e",
  "signal=none",
  "-e",
  `trace=${TRACED_CALLS}`,
];

/** Why it can't be done on this machine; undefined where it can. */
export function whyNoPowerCuts() {
  const { status, error } = spawnSync(STRACE[0], [...STRACE.slice(1), "-o", "/dev/null", "true"], { stdio: "ignore" });
  if (error !== undefined) return "strace is not installed (apt-get install strace)";
  return status === 0 ? undefined : "strace may not trace here";
}

/** Runs it under load until the power is cut, then starts it again from what is left; resolves to how, and what is wrong then. */
export async function cutPower({ clew, load, data, random, wait }) {
  const strict = random() < 0.5;
  const beside = mkdtempSync(join(dirname(data), "cut-"));
  const disk = new TracedDisk(data, join(beside, "kept"));
  const log = join(beside, "trace");
  spawnSync("mkfifo", [log]);
  const lines = createInterface({ input: createReadStream(log) });
  lines.on("line", (line) => disk.take(line));
  const traced = new Promise((resolve) => lines.once("close", resolve));
  clew.launch([...STRACE, "-o", log]);
  load.start();
  // Some are cut while it starts.
  if (random() < 0.8) await clew.ready();
  await wait();
  await clew.killAll();
  await load.stop();
  await traced;

  disk.cutPower(join(beside, "left"), { strict, random });
  rmSync(data, { recursive: true });
  renameSync(join(beside, "left"), data);
  clew.launch();
  await clew.drained();
  const faults = await load.faults(clew);
  await clew.stop();
  rmSync(beside, { recursive: true });
  const what = strict ? "names of unsynced directories lost" : "names in order";
  return { what: `${what}, ${disk.syncs} syncs, ${disk.missed} files missed`, faults };
}
