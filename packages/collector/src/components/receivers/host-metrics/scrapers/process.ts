import { readdir, readFile, readlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { messageOf } from "@clew/base";
import { boolean, duration, field, section } from "../../../../schema/schema.ts";
import { isIncluded, matching, type Matches } from "../match-config.ts";
import {
  counter,
  counterInt,
  gauge,
  sumInt,
  type Host,
  type MetricDefinitions,
  type Recorder,
  type ScrapedResource,
  type ScraperType,
} from "../metric.ts";
import { bootTimeMs, readProc, TICKS_PER_SECOND, valuesOf } from "../proc.ts";
import { pidsOf } from "./processes.ts";

const metrics: MetricDefinitions = {
  "process.context_switches": counterInt("{count}", "Number of times the process has been context switched.", false),
  "process.cpu.time": counter("s", "Total CPU seconds broken down by different states."),
  "process.cpu.utilization": gauge(
    "1",
    "Percentage of total CPU time used by the process since last scrape, expressed as a value between 0 and 1. On the first scrape, no data point is emitted for this metric.",
    false,
  ),
  "process.disk.io": counterInt("By", "Disk bytes transferred."),
  "process.disk.operations": counterInt("{operations}", "Number of disk operations performed by the process.", false),
  "process.memory.usage": sumInt("By", "The amount of physical memory in use."),
  "process.memory.utilization": gauge("1", "Percentage of total physical memory that is used by the process.", false),
  "process.memory.virtual": sumInt("By", "The amount of committed virtual memory."),
  "process.open_file_descriptors": sumInt("{count}", "Number of file descriptors in use by the process.", false),
  "process.paging.faults": counterInt("{faults}", "Number of page faults the process has made.", false),
  "process.signals_pending": sumInt("{signals}", "Number of pending signals for the process.", false),
  "process.threads": sumInt("{threads}", "Process threads count.", false),
  "process.uptime": gauge("s", "The time the process has been running.", false),
};

const PAGE_BYTES = 4_096;
const MUTABLE = ["name", "io", "cgroup", "exe", "user"] as const;
type Mutable = (typeof MUTABLE)[number];

interface ProcessConfig {
  readonly include: Matches | undefined;
  readonly exclude: Matches | undefined;
  readonly mute_process_all_errors: boolean;
  readonly mute_process_name_error: boolean;
  readonly mute_process_io_error: boolean;
  readonly mute_process_cgroup_error: boolean;
  readonly mute_process_exe_error: boolean;
  readonly mute_process_user_error: boolean;
  readonly scrape_process_delay: number;
}

export const processScraper: ScraperType<ProcessConfig> = {
  name: "process",
  metrics,
  resourceAttributes: {
    "process.cgroup": false,
    "process.command": true,
    "process.command_line": true,
    "process.executable.name": true,
    "process.executable.path": true,
    "process.linux.cgroup": false,
    "process.owner": true,
    "process.parent_pid": true,
    "process.pid": true,
  },
  schemaUrl: "https://opentelemetry.io/schemas/1.43.0",
  schema: section<ProcessConfig>({
    include: field(matching("names", "process include"), undefined, "Processes that are reported, by name."),
    exclude: field(matching("names", "process exclude"), undefined, "Processes that are not."),
    mute_process_all_errors: field(boolean, false, "Whether nothing is logged of what cannot be read."),
    mute_process_name_error: field(boolean, false, "The same for names."),
    mute_process_io_error: field(boolean, false, "The same for bytes read and written."),
    mute_process_cgroup_error: field(boolean, false, "The same for control groups."),
    mute_process_exe_error: field(boolean, false, "The same for paths of programs."),
    mute_process_user_error: field(boolean, false, "The same for users."),
    scrape_process_delay: field(duration, "0s", "Processes younger than this are not reported."),
  }),
  create(config, host) {
    // pid and start --> CPU seconds and when they were read
    let previous = new Map<string, CpuTimes>();
    return {
      run: () => Promise.resolve(),
      async resources(isEnabled, warn) {
        const [bootMs, users, totalBytes] = await Promise.all([bootTimeMs(host), usersOf(host), totalMemory(host)]);
        const context = { config, host, bootMs, users, totalBytes, isEnabled, warn, previous };
        const read = await Promise.all((await pidsOf(host)).map((pid) => readProcess(pid, context)));
        const found = read.filter((one) => one !== undefined);
        previous = new Map(found.map(({ key, times }) => [key, times]));
        return found.map(({ resource }) => resource);
      },
    };
  },
};

interface CpuTimes {
  readonly user: number;
  readonly system: number;
  readonly wait: number;
  readonly atMs: number;
}

interface Context {
  readonly config: ProcessConfig;
  readonly host: Host;
  readonly bootMs: number;
  readonly users: ReadonlyMap<string, string>;
  readonly totalBytes: number;
  readonly isEnabled: (metric: string) => boolean;
  readonly warn: (what: string) => void;
  readonly previous: ReadonlyMap<string, CpuTimes>;
}

interface FoundProcess {
  readonly key: string;
  readonly times: CpuTimes;
  readonly resource: ScrapedResource;
}

/** Undefined for one that is not reported, or has ended meanwhile. */
async function readProcess(pid: string, context: Context): Promise<FoundProcess | undefined> {
  const { config, host, bootMs, users } = context;
  const tell = (what: Mutable | undefined, text: string): void => {
    const isMuted = what !== undefined && config[`mute_process_${what}_error`];
    if (!config.mute_process_all_errors && !isMuted) context.warn(`${text} for pid ${pid}`);
  };
  const [stat, status] = await Promise.all(
    ["stat", "status"].map((name) => readProc(host, `${pid}/${name}`).catch(() => "")),
  );
  const columns = stat!.slice(stat!.lastIndexOf(")") + 2).split(" ");
  if (columns.length < 20) return undefined;
  const fields = new Map(
    status!.split("\n").map((line) => [line.split(":")[0]!, line.slice(line.indexOf(":") + 1).trim()]),
  );
  const name = fields.get("Name") ?? "";
  if (!isIncluded(name, config.include, config.exclude)) return undefined;
  const startTimeMs = bootMs + (Number(columns[19]) / TICKS_PER_SECOND) * 1_000;
  const nowMs = host.nowMs();
  const { scrape_process_delay: delayMs } = config;
  if (delayMs > 0 && nowMs - startTimeMs < delayMs) return undefined;
  const seconds = (i: number): number => Number(columns[i] ?? 0) / TICKS_PER_SECOND;
  const times: CpuTimes = { user: seconds(11), system: seconds(12), wait: seconds(39), atMs: nowMs };
  const path = join(host.rootPath, "proc", pid);
  const executable = await readlink(join(path, "exe")).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      tell("exe", `error reading process executable: ${messageOf(error)}`);
    }
    return "";
  });
  const cgroup = await cgroupOf(host, pid).catch((error: unknown) => {
    tell("cgroup", `error reading process cgroup: ${messageOf(error)}`);
    return "";
  });
  const commandLine = (await readProc(host, `${pid}/cmdline`).catch(() => ""))
    .split("\0")
    .filter((part) => part !== "");
  const uid = fields.get("Uid")?.split(/\s/, 1)[0] ?? "";
  const owner = users.get(uid);
  if (owner === undefined) tell("user", `error reading username: unknown userid ${uid}`);
  const key = `${pid} ${columns[19]}`;
  const measured = await measure(pid, columns, fields, context, tell);
  return {
    key,
    times,
    resource: {
      attributes: {
        "process.pid": BigInt(pid),
        "process.parent_pid": BigInt(columns[1] ?? 0),
        "process.executable.name": name,
        "process.executable.path": executable,
        "process.command": commandLine[0] ?? "",
        "process.command_line": commandLine.join(" "),
        "process.cgroup": cgroup,
        "process.linux.cgroup": cgroup,
        ...(owner === undefined ? {} : { "process.owner": owner }),
      },
      startTimeMs,
      record(recorder) {
        recordCpu(recorder, times, context.previous.get(key));
        recorder.record("process.uptime", Math.max(0, (nowMs - startTimeMs) / 1_000));
        measured(recorder);
      },
    },
  };
}

function recordCpu(recorder: Recorder, times: CpuTimes, before: CpuTimes | undefined): void {
  for (const state of ["user", "system", "wait"] as const) {
    recorder.record("process.cpu.time", times[state], { state });
    if (before === undefined) continue;
    const elapsed = (times.atMs - before.atMs) / 1_000;
    const value = elapsed <= 0 ? 0 : (times[state] - before[state]) / elapsed / availableParallelism();
    recorder.record("process.cpu.utilization", value, { state });
  }
}

/** Reads the rest, as far as it is enabled, and returns what records it. */
async function measure(
  pid: string,
  columns: readonly string[],
  fields: ReadonlyMap<string, string>,
  { host, totalBytes, isEnabled }: Context,
  tell: (what: Mutable | undefined, text: string) => void,
): Promise<(recorder: Recorder) => void> {
  const rss = Number(columns[21] ?? 0) * PAGE_BYTES;
  const needsIo = isEnabled("process.disk.io") || isEnabled("process.disk.operations");
  const io = needsIo
    ? await readProc(host, `${pid}/io`).then(valuesOf, (error: unknown) => {
        tell("io", `error reading disk usage: ${messageOf(error)}`);
        return undefined;
      })
    : undefined;
  const descriptors = isEnabled("process.open_file_descriptors")
    ? await readdir(join(host.rootPath, "proc", pid, "fd")).then(
        (names) => names.length,
        (error: unknown) => {
          tell(undefined, `error reading open file descriptor count: ${messageOf(error)}`);
          return undefined;
        },
      )
    : undefined;
  const switches = isEnabled("process.context_switches") ? await contextSwitches(host, pid) : undefined;
  return (recorder) => {
    recorder.record("process.memory.usage", rss);
    recorder.record("process.memory.virtual", Number(columns[20] ?? 0));
    recorder.record("process.memory.utilization", totalBytes === 0 ? 0 : (rss / totalBytes) * 100);
    recorder.record("process.paging.faults", Number(columns[9] ?? 0), { type: "major" });
    recorder.record("process.paging.faults", Number(columns[7] ?? 0), { type: "minor" });
    recorder.record("process.threads", Number(columns[17] ?? 0));
    recorder.record("process.signals_pending", Number(fields.get("SigQ")?.split("/", 1)[0] ?? 0));
    if (descriptors !== undefined) recorder.record("process.open_file_descriptors", descriptors);
    for (const [type, count] of switches ?? []) recorder.record("process.context_switches", count, { type });
    if (io === undefined) return;
    for (const [direction, bytes, calls] of [
      ["read", "read_bytes", "syscr"],
      ["write", "write_bytes", "syscw"],
    ] as const) {
      recorder.record("process.disk.io", io.get(bytes) ?? 0, { direction });
      recorder.record("process.disk.operations", io.get(calls) ?? 0, { direction });
    }
  };
}

/** Of all threads. */
async function contextSwitches(host: Host, pid: string): Promise<Map<string, number>> {
  const threads = await readdir(join(host.rootPath, "proc", pid, "task")).catch(() => []);
  const counts = new Map([
    ["involuntary", 0],
    ["voluntary", 0],
  ]);
  for (const thread of threads) {
    const values = valuesOf(await readProc(host, `${pid}/task/${thread}/status`).catch(() => ""));
    for (const [type, name] of [
      ["involuntary", "nonvoluntary_ctxt_switches"],
      ["voluntary", "voluntary_ctxt_switches"],
    ] as const) {
      counts.set(type, counts.get(type)! + (values.get(name) ?? 0));
    }
  }
  return counts;
}

/** The first group that says more than its number. */
async function cgroupOf(host: Host, pid: string): Promise<string> {
  const text = await readProc(host, `${pid}/cgroup`);
  return text.split("\n", 1)[0]?.split(":").slice(2).join(":") ?? "";
}

async function usersOf({ rootPath }: Host): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(rootPath, "etc/passwd"), "utf8").catch(() => "");
  return new Map(text.split("\n").map((line) => [line.split(":")[2] ?? "", line.split(":")[0] ?? ""]));
}

async function totalMemory(host: Host): Promise<number> {
  return valuesOf(await readProc(host, "meminfo")).get("MemTotal") ?? 0;
}
