/**
 * `npm run soak [-- --seconds N]`: a collector with a queue on disk under twice the load that it
 * can take, before a receiver that flaps, killed, reloaded, and on a disk that fills. At the end
 * every span that was acknowledged must have arrived, and memory must have stayed bounded.
 * Prints what happened and ends with `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../scripts/set-up.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "300" } } });
const SECONDS = Number(values.seconds);
const MAX_RSS_MIB = 300;
/** Room for the queue's 50 MB and little else, so that the filler leaves it too little. */
const DISK_MIB = 96;
const MOODS = ["fine", "refusing", "fine", "silent", "fine", "reset", "fine", "forgetful"];

setUp();
const { CollectorProcess } = await import("./collector-process.mjs");
const { FlappingSink } = await import("./flapping-sink.mjs");
const { Sender } = await import("./sender.mjs");

const directory = mkdtempSync(join(tmpdir(), "clew-soak-"));
const storage = join(directory, "storage");
mkdirSync(storage);
const hasSmallDisk =
  spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", storage], { stdio: "ignore" }).status === 0;
if (!hasSmallDisk) console.log("A small disk cannot be mounted here (that needs root on Linux), so no disk fills.");

const sink = new FlappingSink();
const collector = await CollectorProcess.create(directory, storage, await sink.listen());
const sender = new Sender(collector.url);
const done = { kills: 0, reloads: 0, moods: 0, fills: 0 };
let failure;
try {
  await collector.start();
  const capacity = await sender.measure(Math.min(5_000, SECONDS * 100), 16);
  console.log(`takes ${Math.round(capacity)} spans/s; offering ${Math.round(capacity * 2)} for ${SECONDS} s`);
  sender.start(capacity * 2, 200);
  await torment();
  sink.mood = "fine";
  await sender.stop();
  await settle();
  await collector.stop();
} catch (error) {
  failure = error;
} finally {
  await collector.kill().catch(() => {});
  await sink.close();
  if (hasSmallDisk) spawnSync("umount", [storage]);
  rmSync(directory, { recursive: true, force: true });
}
report();

/** Every second something may happen; what happens when is fixed, so that runs are alike. */
async function torment() {
  const killEvery = Math.max(7, Math.floor(SECONDS / 12));
  for (let second = 1; second <= SECONDS; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    collector.sampleMemory();
    if (collector.died !== undefined) throw new Error(`the collector ${collector.died}\n${collector.log}`);
    if (second % 3 === 0) {
      sink.mood = MOODS[(second / 3) % MOODS.length];
      done.moods++;
    }
    if (second % 10 === 0) {
      collector.reload();
      done.reloads++;
    }
    if (hasSmallDisk && second % 17 === 0) fillDisk();
    if (hasSmallDisk && second % 17 === 4) rmSync(join(storage, "filler"), { force: true });
    if (second % killEvery === 0) {
      await collector.kill();
      done.kills++;
      await collector.start();
    }
  }
  if (hasSmallDisk) rmSync(join(storage, "filler"), { force: true });
}

function fillDisk() {
  done.fills++;
  try {
    writeFileSync(join(storage, "filler"), Buffer.alloc(DISK_MIB * 1_048_576));
  } catch {
    // It is full: what fitted stays.
  }
}

/** Resolves once everything acknowledged has arrived, or nothing new has for a while. */
async function settle() {
  let before = -1;
  for (let still = 0; still < 20;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    collector.sampleMemory();
    if (sender.acknowledged.missingIn(sink.received).count === 0) return;
    still = sink.total === before ? still + 1 : 0;
    before = sink.total;
  }
}

function report() {
  const { count, missing } = sender.acknowledged.missingIn(sink.received);
  const peakMib = Math.round(collector.peakBytes / 1_048_576);
  console.log(`
offered       ${sender.offered} spans
acknowledged  ${sender.acknowledged.size}
refused       ${sender.refused} requests; broken off: ${sender.failed}
arrived       ${sink.received.size} different, ${sink.total} in all
happened      ${done.kills} kills, ${done.reloads} reloads, ${done.moods} changes of mood, ${done.fills} full disks
memory        at most ${peakMib} MiB`);
  const checks = [
    ["ran to its end", failure === undefined],
    ["acknowledged something", sender.acknowledged.size > 0],
    [
      `everything acknowledged arrived (${count} missing${count === 0 ? "" : `: ${missing.join(", ")} …`})`,
      count === 0,
    ],
    ["everything that arrived went through the resource processor", sink.withResource === sink.total],
    [`memory stayed below ${MAX_RSS_MIB} MiB`, peakMib < MAX_RSS_MIB],
  ];
  if (failure !== undefined) console.error(failure);
  for (const [name, holds] of checks) console.log(`${holds ? "holds " : "FAILS "} ${name}`);
  if (checks.some(([, holds]) => !holds)) console.error(collector.log.slice(-4_000));
  const failed = checks.filter(([, holds]) => !holds).length;
  console.log(`\n${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
