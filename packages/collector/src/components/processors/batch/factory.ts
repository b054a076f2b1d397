import type { ProcessorFactory } from "../../../component.ts";
import { BatchProcessor } from "./batch.ts";
import { schema, type BatchConfig } from "./config.ts";

export const batchProcessor: ProcessorFactory<BatchConfig> = {
  kind: "processor",
  type: "batch",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: (settings, config, next) => new BatchProcessor(settings, config, next),
};
