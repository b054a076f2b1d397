import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { section } from "../../../../schema/schema.ts";
import { counterInt, SCHEMA_1_9, sumInt, type Host, type MetricDefinitions, type ScraperType } from "../metric.ts";
import { readProc, rowsOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.processes.count": sumInt("{processes}", "Total number of processes in each state."),
  "system.processes.created": counterInt(
    "{processes}",
    "Total number of created processes. Supported on Linux and OpenBSD.",
  ),
};

const STATUSES: Readonly<Record<string, string>> = {
  D: "blocked",
  I: "idle",
  R: "running",
  S: "sleeping",
  T: "stopped",
  t: "stopped",
  W: "paging",
  Z: "zombies",
};

export const processesScraper: ScraperType<object> = {
  name: "processes",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({}),
  create: (_config, host) => ({
    async run(recorder) {
      const stat = new Map(rowsOf(await readProc(host, "stat")).map(([name = "", value]) => [name, Number(value)]));
      const pids = await pidsOf(host);
      const counts = new Map<string, number>();
      for (const pid of pids) {
        const status = await statusOf(host, pid);
        if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1);
      }
      // The kernel's own numbers are of one moment.
      counts.set("blocked", stat.get("procs_blocked") ?? 0);
      counts.set("running", stat.get("procs_running") ?? 0);
      const known = [...counts.values()].reduce((sum, count) => sum + count, 0);
      if (pids.length > known) counts.set("unknown", pids.length - known);
      for (const [status, count] of counts) recorder.record("system.processes.count", count, { status });
      recorder.record("system.processes.created", stat.get("processes") ?? 0);
    },
  }),
};

export async function pidsOf({ rootPath }: Host): Promise<string[]> {
  return (await readdir(join(rootPath, "proc"))).filter((name) => /^\d+$/.test(name));
}

/** Undefined where the process has ended meanwhile. */
async function statusOf(host: Host, pid: string): Promise<string | undefined> {
  const text = await readProc(host, `${pid}/stat`).catch(() => "");
  // The name before may hold anything, brackets too.
  const state = text[text.lastIndexOf(")") + 2];
  return state === undefined ? undefined : (STATUSES[state] ?? "unknown");
}
