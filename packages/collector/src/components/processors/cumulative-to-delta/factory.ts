import type { ProcessorFactory } from "../../../component.ts";
import { schema, type CumulativeToDeltaConfig } from "./config.ts";
import { CumulativeToDelta } from "./cumulative-to-delta.ts";

export const cumulativeToDeltaProcessor: ProcessorFactory<CumulativeToDeltaConfig> = {
  kind: "processor",
  type: "cumulative_to_delta",
  alias: "cumulativetodelta",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config, next) => new CumulativeToDelta(settings, config, next),
};
