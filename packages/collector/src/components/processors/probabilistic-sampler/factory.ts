import { stateless, type ProcessorFactory } from "../../../component.ts";
import { editedViews } from "../../../pipeline/edited-views.ts";
import { schema, type ProbabilisticSamplerConfig } from "./config.ts";
import { ProbabilisticSampler } from "./probabilistic-sampler.ts";

export const probabilisticSamplerProcessor: ProcessorFactory<ProbabilisticSamplerConfig> = {
  kind: "processor",
  type: "probabilistic_sampler",
  stability: { traces: "beta", logs: "alpha" },
  schema,
  create(settings, config, next, signal) {
    const sampler = new ProbabilisticSampler(settings, config, signal);
    return { ...stateless, ...editedViews(next, (view) => sampler.edit(view)) };
  },
};
