import { freemem, totalmem } from "node:os";
import { section } from "../../../../schema/schema.ts";
import {
  gauge,
  gaugeInt,
  SCHEMA_1_9,
  sumInt,
  type MetricDefinitions,
  type Recorder,
  type ScraperType,
} from "../metric.ts";
import { readProc, valuesOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.linux.memory.available": sumInt(
    "By",
    "An estimate of how much memory is available for starting new applications, without swapping. This is a more accurate alternative than system.memory.usage with state=free. (Linux only)",
    false,
  ),
  "system.linux.memory.dirty": sumInt("By", "The amount of dirty memory according to `/proc/meminfo`.", false),
  "system.memory.limit": sumInt("By", "Total bytes of memory available.", false),
  "system.memory.linux.hugepages.limit": sumInt("{page}", "Total number of hugepages available.", false),
  "system.memory.linux.hugepages.page_size": sumInt("By", "System hugepage size in bytes.", false),
  "system.memory.linux.hugepages.reserved": sumInt(
    "{page}",
    "Number of reserved hugepages (hugepages for which a commitment to allocate has been made, but no allocation has yet been made). This is reported as a separate metric rather than a usage state because reserved pages are already counted in free pages - they represent a subset of free pages that cannot be used for non-reserved allocations.",
    false,
  ),
  "system.memory.linux.hugepages.surplus": sumInt(
    "{page}",
    "Number of surplus hugepages (overcommitted hugepages beyond the persistent pool). This is reported as a separate metric rather than a usage state because surplus pages can be in either used or free state, and including them would break the semantic convention that usage states must sum to the limit.",
    false,
  ),
  "system.memory.linux.hugepages.usage": sumInt("{page}", "Number of hugepages in use by state.", false),
  "system.memory.linux.hugepages.utilization": gauge("1", "Percentage of hugepages in use by state.", false),
  "system.memory.linux.shared": sumInt(
    "By",
    "Shared memory usage, including tmpfs filesystems and System V/POSIX shared memory. Only supported on Linux.",
    false,
  ),
  "system.memory.page_size": gaugeInt("By", "A constant value for the system's configured page size.", false),
  "system.memory.usage": sumInt("By", "Bytes of memory in use."),
  "system.memory.utilization": gauge("1", "Percentage of memory bytes in use.", false),
};

/** Of x86 and of most ARM systems. Node cannot ask for it. */
const PAGE_BYTES = 4_096;

export const memoryScraper: ScraperType<object> = {
  name: "memory",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({}),
  create: (_config, host) => ({
    async run(recorder) {
      if (host.platform !== "linux") return recordNode(recorder);
      const values = valuesOf(await readProc(host, "meminfo"));
      const of = (name: string): number => values.get(name) ?? 0;
      const total = of("MemTotal");
      recordStates(recorder, total, {
        used: total - (values.get("MemAvailable") ?? of("MemFree") + of("Buffers") + of("Cached")),
        free: of("MemFree"),
        buffered: of("Buffers"),
        cached: of("Cached") + of("SReclaimable"),
        slab_reclaimable: of("SReclaimable"),
        slab_unreclaimable: of("SUnreclaim"),
      });
      recorder.record("system.linux.memory.available", of("MemAvailable"));
      recorder.record("system.linux.memory.dirty", of("Dirty"));
      recorder.record("system.memory.linux.shared", of("Shmem"));
      recorder.record("system.memory.page_size", PAGE_BYTES);
      recordHugePages(recorder, of);
    },
  }),
};

function recordNode(recorder: Recorder): void {
  const [total, free] = [totalmem(), freemem()];
  recordStates(recorder, total, { used: total - free, free });
}

function recordStates(recorder: Recorder, total: number, states: Readonly<Record<string, number>>): void {
  for (const [state, value] of Object.entries(states)) {
    recorder.record("system.memory.usage", value, { state });
    recorder.record("system.memory.utilization", value / total, { state });
  }
  recorder.record("system.memory.limit", total);
}

function recordHugePages(recorder: Recorder, of: (name: string) => number): void {
  const [total, free] = [of("HugePages_Total"), of("HugePages_Free")];
  recorder.record("system.memory.linux.hugepages.page_size", of("Hugepagesize"));
  recorder.record("system.memory.linux.hugepages.limit", total);
  recorder.record("system.memory.linux.hugepages.reserved", of("HugePages_Rsvd"));
  recorder.record("system.memory.linux.hugepages.surplus", of("HugePages_Surp"));
  for (const [state, value] of Object.entries({ free, used: total - free })) {
    const attributes = { "system.memory.linux.hugepages.state": state };
    recorder.record("system.memory.linux.hugepages.usage", value, attributes);
    if (total > 0) recorder.record("system.memory.linux.hugepages.utilization", value / total, attributes);
  }
}
