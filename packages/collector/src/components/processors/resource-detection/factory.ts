import type { ProcessorFactory } from "../../../component.ts";
import { schema, type ResourceDetectionConfig } from "./config.ts";
import { nodeWorld } from "./node-world.ts";
import { ResourceDetection } from "./resource-detection.ts";

export const resourceDetectionProcessor: ProcessorFactory<ResourceDetectionConfig> = {
  kind: "processor",
  type: "resource_detection",
  alias: "resourcedetection",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: (settings, config, next) => new ResourceDetection(settings, config, next, nodeWorld),
};
