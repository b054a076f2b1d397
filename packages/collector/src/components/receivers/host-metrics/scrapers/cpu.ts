import { cpus } from "node:os";
import { section } from "../../../../schema/schema.ts";
import {
  counter,
  gauge,
  SCHEMA_1_9,
  sumInt,
  type Host,
  type MetricDefinitions,
  type Recorder,
  type ScraperType,
} from "../metric.ts";
import { readProc, rowsOf, TICKS_PER_SECOND } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.cpu.frequency": gauge("Hz", "Current frequency of the CPU core in Hz.", false),
  "system.cpu.logical.count": sumInt("{cpu}", "Number of available logical CPUs."),
  "system.cpu.physical.count": sumInt("{cpu}", "Number of available physical CPUs.", false),
  "system.cpu.time": counter("s", "Total seconds each logical CPU spent on each mode."),
  "system.cpu.utilization": gauge(
    "1",
    "Difference in system.cpu.time since the last measurement per logical CPU, divided by the elapsed time (value in interval [0,1]).",
    false,
  ),
};

// In the order of /proc/stat.
const STATES = ["user", "nice", "system", "idle", "wait", "interrupt", "softirq", "steal"];

interface CpuTimes {
  readonly cpu: string;
  /** State to seconds. */
  readonly seconds: ReadonlyMap<string, number>;
}

export const cpuScraper: ScraperType<object> = {
  name: "cpu",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({}),
  create(_config, host) {
    let previous = new Map<string, CpuTimes>();
    return {
      async run(recorder) {
        const times = await timesOf(host);
        for (const { cpu, seconds } of times) {
          for (const [state, value] of seconds) recorder.record("system.cpu.time", value, { cpu, state });
          recordUtilization(recorder, cpu, seconds, previous.get(cpu)?.seconds);
        }
        previous = new Map(times.map((one) => [one.cpu, one]));
        recorder.record("system.cpu.logical.count", times.length);
        if (host.platform === "linux") await recordInfo(recorder, host);
      },
    };
  },
};

async function timesOf(host: Host): Promise<CpuTimes[]> {
  if (host.platform !== "linux") return timesOfNode();
  return rowsOf(await readProc(host, "stat"))
    .filter(([name = ""]) => /^cpu\d+$/.test(name))
    .map(([cpu = "", ...ticks]) => ({
      cpu,
      seconds: new Map(STATES.map((state, i) => [state, Number(ticks[i] ?? 0) / TICKS_PER_SECOND])),
    }));
}

function timesOfNode(): CpuTimes[] {
  return cpus().map(({ times }, i) => ({
    cpu: `cpu${i}`,
    seconds: new Map(
      Object.entries({
        user: times.user,
        system: times.sys,
        idle: times.idle,
        nice: times.nice,
        interrupt: times.irq,
      }).map(([state, ms]) => [state, ms / 1_000]),
    ),
  }));
}

/** The share of each state since the last time. */
function recordUtilization(
  recorder: Recorder,
  cpu: string,
  seconds: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number> | undefined,
): void {
  if (before === undefined) return;
  const passed = (state: string): number => (seconds.get(state) ?? 0) - (before.get(state) ?? 0);
  const total = [...seconds.keys()].reduce((sum, state) => sum + passed(state), 0);
  for (const state of seconds.keys()) {
    recorder.record("system.cpu.utilization", total <= 0 ? 0 : passed(state) / total, { cpu, state });
  }
}

async function recordInfo(recorder: Recorder, host: Host): Promise<void> {
  if (!recorder.isEnabled("system.cpu.physical.count") && !recorder.isEnabled("system.cpu.frequency")) return;
  const cores = new Set<string>();
  for (const block of (await readProc(host, "cpuinfo")).split("\n\n")) {
    const values = new Map(
      block.split("\n").map((line) => [line.split(":")[0]!.trim(), (line.split(":")[1] ?? "").trim()]),
    );
    const processor = values.get("processor");
    if (processor === undefined) continue;
    cores.add(`${values.get("physical id") ?? processor} ${values.get("core id") ?? processor}`);
    const mhz = Number(values.get("cpu MHz") ?? NaN);
    if (!Number.isNaN(mhz)) recorder.record("system.cpu.frequency", mhz * 1e6, { cpu: `cpu${processor}` });
  }
  recorder.record("system.cpu.physical.count", cores.size);
}
