import type { ProcessorFactory } from "../../../component.ts";
import { schema, type MemoryLimiterConfig } from "./config.ts";
import { MemoryLimiter } from "./memory-limiter.ts";
import { nodeMemory } from "./node-memory.ts";

export const memoryLimiterProcessor: ProcessorFactory<MemoryLimiterConfig> = {
  kind: "processor",
  type: "memory_limiter",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: (settings, config, next) => new MemoryLimiter(settings, config, next, nodeMemory),
};
