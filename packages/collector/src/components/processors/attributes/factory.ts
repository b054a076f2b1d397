import { stateless, type ProcessorFactory } from "../../../component.ts";
import { attributesChanger, changing } from "./attributes.ts";
import { schema, type AttributesConfig } from "./config.ts";

export const attributesProcessor: ProcessorFactory<AttributesConfig> = {
  kind: "processor",
  type: "attributes",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: (_settings, config, next) => ({ ...stateless, ...changing(next, attributesChanger(config)) }),
};
