import type { ProcessorFactory } from "../../../component.ts";
import { schema, type TailSamplingConfig } from "./config.ts";
import { TailSampling } from "./tail-sampling.ts";

export const tailSamplingProcessor: ProcessorFactory<TailSamplingConfig> = {
  kind: "processor",
  type: "tail_sampling",
  stability: { traces: "beta" },
  schema,
  create: (settings, config, next) => new TailSampling(settings, config, next),
};
