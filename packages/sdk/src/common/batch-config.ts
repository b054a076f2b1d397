import { diag, type MeterProvider } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import { type Environment, readNumber, readTimeout } from "../config/environment.ts";
import type { BatcherSettings } from "./batcher.ts";
import { WallClock } from "./wall-clock.ts";

/** How a batch processor collects. What is not given comes from the environment, else from the specification. */
export interface BatchConfig {
  /** How many items wait for export at most; further ones are dropped. 2048 */
  readonly maxQueueSize?: number;
  /** How many items go in one export at most. 512 */
  readonly maxExportBatchSize?: number;
  /** How long the first of a batch waits at most: 5000 ms for spans, 1000 ms for log records. */
  readonly scheduledDelayMillis?: number;
  /** How long an export may take. 30000 */
  readonly exportTimeoutMillis?: number;
  /** Where the processor's own metrics go, where the provider has nowhere for them. */
  readonly selfObsMeterProvider?: MeterProvider;
  readonly clock?: Clock;
  readonly env?: Environment;
}

/** `prefix` is that of the environment variables: `OTEL_BSP` or `OTEL_BLRP`. */
export function batchSettings(
  noun: string,
  prefix: string,
  defaults: { readonly scheduledDelayMillis: number },
  config: BatchConfig,
): BatcherSettings {
  const env = config.env ?? process.env;
  const read = (name: string, least: number): number | undefined => readNumber(env, `${prefix}_${name}`, least);
  const maxQueueSize = config.maxQueueSize ?? read("MAX_QUEUE_SIZE", 1) ?? 2_048;
  const maxExportBatchSize = config.maxExportBatchSize ?? read("MAX_EXPORT_BATCH_SIZE", 1) ?? 512;
  if (maxExportBatchSize > maxQueueSize) {
    diag.warn(
      `a batch of ${maxExportBatchSize} ${noun} exceeds the queue of ${maxQueueSize}: the queue's size is used`,
    );
  }
  return {
    noun,
    maxQueueSize,
    maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize),
    scheduledDelayMillis: config.scheduledDelayMillis ?? read("SCHEDULE_DELAY", 0) ?? defaults.scheduledDelayMillis,
    exportTimeoutMillis: config.exportTimeoutMillis ?? readTimeout(env, `${prefix}_EXPORT_TIMEOUT`) ?? 30_000,
    clock: config.clock ?? new WallClock(),
  };
}
