/**
 * What instrumentation adds to the start of a process that does nothing else: wall time, CPU and peak memory of
 * `node -e ''` as it is, with `--import @clew/instrument`, and with the official SDK. It ends as soon as it has started,
 * with no last delivery. Runs take turns, in a directory without packages.
 *
 *     npm run bench -- sdk-start [rounds] [node]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rounds = Number(process.argv[2] ?? 12);
const node = process.argv[3] ?? process.execPath;
const OURS = ["--import", new URL("../packages/instrument/bundle/index.js", import.meta.url).href];
const OFFICIAL = ["--require", join(import.meta.dirname, "official-instrumentation.cjs")];
const NONE = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
const SUBJECTS = [
  ["plain", [], {}],
  ["@clew/instrument", OURS, {}],
  ["@clew/instrument, no exporters", OURS, NONE],
  ["official, three instrumentations", OFFICIAL, {}],
  ["official, no exporters", OFFICIAL, NONE],
];
/** Tells CPU in milliseconds and memory in MB, and ends without what is done at the end. */
const TELL = `const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require("node:fs").writeSync(1, JSON.stringify([(userCPUTime + systemCPUTime) / 1e3, maxRSS / 1024]));
  process.reallyExit(0);`;

const directory = mkdtempSync(join(tmpdir(), "clew-start-"));
const runs = new Map(SUBJECTS.map(([name]) => [name, []]));
for (let round = -1; round < rounds; round++) {
  for (const [name, args, env] of SUBJECTS) {
    const measured = start(args, env);
    // The first round reads the files from the disk.
    if (round >= 0) runs.get(name).push(measured);
  }
}
rmSync(directory, { recursive: true });

function start(args, env) {
  const startedAt = performance.now();
  const { stdout, stderr } = spawnSync(node, [...args, "-e", TELL], {
    cwd: directory,
    env: { ...process.env, NODE_OPTIONS: "", ...env },
  });
  const wallMs = performance.now() - startedAt;
  try {
    return [wallMs, ...JSON.parse(stdout.toString())];
  } catch {
    throw new Error(`it did not start: ${stderr.toString()}`);
  }
}

const column = (name, at) =>
  runs
    .get(name)
    .map((run) => run[at])
    .toSorted((a, b) => a - b);
const figures = (name, at) => {
  const values = column(name, at);
  return `${values[0].toFixed(0)} / ${values[values.length >> 1].toFixed(0)}`.padStart(11);
};
console.log(`${rounds} runs each, least / median`.padEnd(34), "   wall ms", "     CPU ms", "peak RSS MB");
for (const [name] of SUBJECTS) console.log(name.padEnd(33), figures(name, 0), figures(name, 1), figures(name, 2));
