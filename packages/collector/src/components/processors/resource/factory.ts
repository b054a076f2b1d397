import { mapResources } from "@clew/otlp";
import { stateless, type ProcessorFactory } from "../../../component.ts";
import { schema, type ResourceConfig } from "./config.ts";
import { compileActions } from "./resource.ts";

export const resourceProcessor: ProcessorFactory<ResourceConfig> = {
  kind: "processor",
  type: "resource",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create(_settings, config, next) {
    const edit = compileActions(config.attributes);
    return {
      ...stateless,
      consume: (payload) => next.consume(mapResources(payload, edit)),
      refusal: () => next.refusal?.(),
    };
  },
};
