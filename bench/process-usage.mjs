/** What a process has used, from /proc (Linux): CPU in microseconds, and memory in bytes. */
import { readFileSync } from "node:fs";

const TICK_US = 10_000;

export function cpuMicros(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

export function memoryBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1_024;
  return { rss: of("VmRSS"), peak: of("VmHWM") };
}
