import type { ProcessorFactory } from "../../../component.ts";
import { schema, type FilterConfig } from "./config.ts";
import { FilterProcessor } from "./filter.ts";

export const filterProcessor: ProcessorFactory<FilterConfig> = {
  kind: "processor",
  type: "filter",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  schema,
  create: (settings, config, next) => new FilterProcessor(settings, config, next),
};
