/** `otelcol_process_*`: what the process itself uses, under the Collector's names. */
import type { Clock } from "@clew/base";
import type { Meter } from "./meter.ts";

/** Registers them. The returned function ends them. */
export function observeProcess(meter: Meter, clock: Clock): () => void {
  const startMs = clock.nowMs();
  const counter = (name: string, help: string, read: () => number): (() => void) =>
    meter.observedCounter(`otelcol_process_${name}`, help, {}, read);
  const gauge = (name: string, help: string, read: () => number): (() => void) =>
    meter.gauge(`otelcol_process_${name}`, help, {}, read);
  const ends = [
    counter("uptime", "Uptime of the process.", () => (clock.nowMs() - startMs) / 1_000),
    counter("cpu_seconds", "Total CPU user and system time in seconds.", () => cpuSeconds()),
    gauge("memory_rss", "Total physical memory (resident set size).", () => process.memoryUsage.rss()),
    gauge("runtime_heap_alloc_bytes", "Bytes of allocated heap objects and buffers.", () => heapBytes()),
    gauge("runtime_total_sys_memory_bytes", "Total bytes of memory obtained from the OS for the heap.", () => {
      return process.memoryUsage().heapTotal;
    }),
  ];
  return () => ends.forEach((end) => end());
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What Node holds for us: objects, and the buffers that requests are read into. */
export function heapBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
