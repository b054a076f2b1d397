/**
 * Metrics of Node, V8 and the process. Source: semantic conventions, "Node.js runtime metrics",
 * "V8 JS engine runtime metrics", "OS process metrics".
 */
import {
  constants,
  monitorEventLoopDelay,
  performance,
  type PerformanceEntry,
  PerformanceObserver,
} from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { BatchObservableResult, Histogram, Meter, Observable } from "@opentelemetry/api";
import type { Telemetry } from "../../instrumentation.ts";

const DELAY_RESOLUTION_MS = 10;
const NANOS_PER_SECOND = 1e9;
const MICROS_PER_SECOND = 1e6;
/** Seconds. Source: semantic conventions, `v8js.gc.duration`. */
const GC_BUCKETS = [0.01, 0.1, 1, 10];
const GC_TYPES: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/** Node's types leave out what its entries for garbage collection have. */
type GcEntry = PerformanceEntry & { readonly detail?: { readonly kind?: number } };

export function start({ meter }: Pick<Telemetry, "meter">): void {
  observeEventLoopDelay(meter);
  observeEventLoopTime(meter);
  observeHeap(meter);
  observeProcess(meter);
  recordGarbageCollections(
    meter.createHistogram("v8js.gc.duration", {
      unit: "s",
      description: "Garbage collection duration.",
      advice: { explicitBucketBoundaries: GC_BUCKETS },
    }),
  );
}

/** Since the last collection; no more is kept than Node's own histogram. */
function observeEventLoopDelay(meter: Meter): void {
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  const values: readonly (readonly [string, () => number])[] = [
    ["min", () => delays.min],
    ["max", () => delays.max],
    ["mean", () => delays.mean],
    ["stddev", () => delays.stddev],
    ["p50", () => delays.percentile(50)],
    ["p90", () => delays.percentile(90)],
    ["p99", () => delays.percentile(99)],
  ];
  const gauges = values.map(([name, read]) => ({
    read,
    gauge: meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, {
      unit: "s",
      description: `Event loop delay, ${name}.`,
    }),
  }));
  observe(
    meter,
    gauges.map(({ gauge }) => gauge),
    (result) => {
      if (delays.count === 0) return;
      for (const { gauge, read } of gauges) result.observe(gauge, read() / NANOS_PER_SECOND);
      delays.reset();
    },
  );
}

function observeEventLoopTime(meter: Meter): void {
  const time = meter.createObservableCounter("nodejs.eventloop.time", {
    unit: "s",
    description: "Cumulative duration of time the event loop has been in each state.",
  });
  const utilization = meter.createObservableGauge("nodejs.eventloop.utilization", {
    unit: "1",
    description: "Event loop utilization.",
  });
  let last = performance.eventLoopUtilization();
  observe(meter, [time, utilization], (result) => {
    const now = performance.eventLoopUtilization();
    result.observe(time, now.active / 1_000, { "nodejs.eventloop.state": "active" });
    result.observe(time, now.idle / 1_000, { "nodejs.eventloop.state": "idle" });
    result.observe(utilization, performance.eventLoopUtilization(now, last).utilization);
    last = now;
  });
}

function observeHeap(meter: Meter): void {
  const bytes = (name: string, description: string): Observable =>
    meter.createObservableUpDownCounter(name, { unit: "By", description });
  const limit = bytes("v8js.memory.heap.limit", "Total heap memory size pre-allocated.");
  const used = bytes("v8js.memory.heap.used", "Heap memory size allocated.");
  const available = bytes("v8js.heap.space.available_size", "Heap space available size.");
  const physical = bytes("v8js.heap.space.physical_size", "Committed size of a heap space.");
  observe(meter, [limit, used, available, physical], (result) => {
    for (const space of getHeapSpaceStatistics()) {
      const attributes = { "v8js.heap.space.name": space.space_name };
      result.observe(limit, space.space_size, attributes);
      result.observe(used, space.space_used_size, attributes);
      result.observe(available, space.space_available_size, attributes);
      result.observe(physical, space.physical_space_size, attributes);
    }
  });
}

function observeProcess(meter: Meter): void {
  const cpu = meter.createObservableCounter("process.cpu.time", { unit: "s", description: "Total CPU seconds." });
  const memory = meter.createObservableUpDownCounter("process.memory.usage", {
    unit: "By",
    description: "The amount of physical memory in use.",
  });
  const uptime = meter.createObservableGauge("process.uptime", {
    unit: "s",
    description: "The time the process has been running.",
  });
  observe(meter, [cpu, memory, uptime], (result) => {
    const { user, system } = process.cpuUsage();
    result.observe(cpu, user / MICROS_PER_SECOND, { "cpu.mode": "user" });
    result.observe(cpu, system / MICROS_PER_SECOND, { "cpu.mode": "system" });
    result.observe(memory, process.memoryUsage.rss());
    result.observe(uptime, process.uptime());
  });
}

function recordGarbageCollections(duration: Histogram): void {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as GcEntry[]) {
      const type = GC_TYPES[entry.detail?.kind ?? -1];
      if (type !== undefined) duration.record(entry.duration / 1_000, { "v8js.gc.type": type });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
}

function observe(meter: Meter, instruments: Observable[], read: (result: BatchObservableResult) => void): void {
  meter.addBatchObservableCallback(read, instruments);
}
