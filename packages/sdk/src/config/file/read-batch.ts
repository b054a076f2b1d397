import type { BatchConfig } from "../../common/batch-config.ts";
import { readTimeout } from "./read-otlp-exporter.ts";
import type { Section } from "./section.ts";

/** The settings of a `batch` processor, without its exporter. */
export function readBatch(section: Section): BatchConfig {
  const scheduledDelayMillis = section.integer("schedule_delay", { least: 0 });
  const exportTimeoutMillis = readTimeout(section, "export_timeout");
  const maxQueueSize = section.integer("max_queue_size", { least: 1 });
  const maxExportBatchSize = section.integer("max_export_batch_size", { least: 1 });
  return {
    env: {},
    ...(scheduledDelayMillis !== undefined && { scheduledDelayMillis }),
    ...(exportTimeoutMillis !== undefined && { exportTimeoutMillis }),
    ...(maxQueueSize !== undefined && { maxQueueSize }),
    ...(maxExportBatchSize !== undefined && { maxExportBatchSize }),
  };
}
