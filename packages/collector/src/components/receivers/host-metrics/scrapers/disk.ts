import { field, section } from "../../../../schema/schema.ts";
import { isIncluded, matching, type Matches } from "../match-config.ts";
import { counter, counterInt, SCHEMA_1_9, sumInt, type MetricDefinitions, type ScraperType } from "../metric.ts";
import { readProc, rowsOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.disk.io": counterInt("By", "Disk bytes transferred."),
  "system.disk.io_time": counter(
    "s",
    "Time disk spent activated. On Windows, this is calculated as the inverse of disk idle time.",
  ),
  "system.disk.merged": counterInt(
    "{operations}",
    "The number of disk reads/writes merged into single physical disk access operations.",
  ),
  "system.disk.operation_time": counter("s", "Time spent in disk operations."),
  "system.disk.operations": counterInt("{operations}", "Disk operations count."),
  "system.disk.pending_operations": sumInt("{operations}", "The queue size of pending I/O operations."),
  "system.disk.weighted_io_time": counter("s", "Time disk spent activated multiplied by the queue length."),
};

interface DiskConfig {
  readonly include: Matches | undefined;
  readonly exclude: Matches | undefined;
}

const SECTOR_BYTES = 512;

export const diskScraper: ScraperType<DiskConfig> = {
  name: "disk",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section<DiskConfig>({
    include: field(matching("devices", "device include"), undefined, "Devices that are reported; by default all."),
    exclude: field(matching("devices", "device exclude"), undefined, "Devices that are not."),
  }),
  create: ({ include, exclude }, host) => ({
    async run(recorder) {
      for (const [, , device = "", ...columns] of rowsOf(await readProc(host, "diskstats"))) {
        if (!isIncluded(device, include, exclude)) continue;
        const [
          reads,
          mergedReads,
          readSectors,
          readMs,
          writes,
          mergedWrites,
          writtenSectors,
          writeMs,
          pending,
          ioMs,
          weightedMs,
        ] = columns.map(Number) as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const both = (metric: string, read: number, write: number): void => {
          recorder.record(metric, read, { device, direction: "read" });
          recorder.record(metric, write, { device, direction: "write" });
        };
        both("system.disk.io", readSectors * SECTOR_BYTES, writtenSectors * SECTOR_BYTES);
        both("system.disk.operations", reads, writes);
        both("system.disk.operation_time", readMs / 1_000, writeMs / 1_000);
        both("system.disk.merged", mergedReads, mergedWrites);
        recorder.record("system.disk.io_time", ioMs / 1_000, { device });
        recorder.record("system.disk.pending_operations", pending, { device });
        recorder.record("system.disk.weighted_io_time", weightedMs / 1_000, { device });
      }
    },
  }),
};
