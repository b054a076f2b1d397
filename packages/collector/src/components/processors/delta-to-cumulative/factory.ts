import type { ProcessorFactory } from "../../../component.ts";
import { schema, type DeltaToCumulativeConfig } from "./config.ts";
import { DeltaToCumulative } from "./delta-to-cumulative.ts";

export const deltaToCumulativeProcessor: ProcessorFactory<DeltaToCumulativeConfig> = {
  kind: "processor",
  type: "delta_to_cumulative",
  alias: "deltatocumulative",
  stability: { metrics: "beta" },
  schema,
  create: (settings, config, next) => new DeltaToCumulative(settings, config, next),
};
