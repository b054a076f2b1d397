/**
 * How soon V8 collects garbage. Telemetry passes through as short-lived buffers, which V8 counts
 * as growth of a small heap: left alone, it marks that whole heap anew for every 30 MB that come
 * in, which is half of a collector's CPU (docs/adr/0009-own-http-servers.md). Here the heap may
 * grow by a fixed amount between two such collections, however small it is.
 */
import { Session } from "node:inspector";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";

/** What may pile up between two major collections. It is part of the program's memory. */
const ROOM_BYTES = 64 * 1024 * 1024;
/** A pipeline is to be small: data that waits for its destination takes that room away, so that both together come to this. */
export const PIPELINE_TARGET_BYTES: number = 80 * 1024 * 1024;
/** Where questions are answered too, what is known of series lives longer, each answer is many megabytes, and 64 MB on their way to the engine are read at once. */
export const BACKEND_TARGET_BYTES: number = 192 * 1024 * 1024;
/** The less room, the oftener all of it is marked: this share of what lives there always is. */
const MIN_ROOM = 1 / 5;
/** From here on V8's own rule is left alone: a large heap must not grow by more than it would. */
const MAX_TUNED_BYTES = 256 * 1024 * 1024;
const V8_DEFAULT = 0;

/** Sets it for this process, and keeps it right as the heap grows and shrinks: what lives and the room beside it are to be `targetBytes`. */
export function tuneGarbageCollection(targetBytes: number): void {
  adapt(targetBytes);
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR)) adapt(targetBytes);
  });
  observer.observe({ entryTypes: ["gc"] });
}

/**
 * Collects what only the start needed, some 30 MB. V8 does that by itself after some seconds of rest, which a busy machine does
 * not have.
 */
export async function collectGarbageOfStart(): Promise<void> {
  // Only this way gives the pages back, too.
  const session = new Session();
  session.connect();
  await new Promise<void>((resolve) => session.post("HeapProfiler.collectGarbage", () => resolve()));
  session.disconnect();
}

function adapt(targetBytes: number): void {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const live = heapUsed + arrayBuffers;
  const room = Math.max(live * MIN_ROOM, Math.min(ROOM_BYTES, targetBytes - live));
  const percent = live > MAX_TUNED_BYTES ? V8_DEFAULT : Math.round((room / live) * 100);
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

function kindOf(entry: object): unknown {
  const detail = "detail" in entry ? entry.detail : undefined;
  return typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : undefined;
}
