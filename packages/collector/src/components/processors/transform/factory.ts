import type { ProcessorFactory } from "../../../component.ts";
import { schema, type TransformConfig } from "./config.ts";
import { TransformProcessor } from "./transform.ts";

export const transformProcessor: ProcessorFactory<TransformConfig> = {
  kind: "processor",
  type: "transform",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: (settings, config, next) => new TransformProcessor(settings, config, next),
};
