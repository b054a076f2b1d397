import type { ProcessorFactory } from "../../../component.ts";
import { schema, type GroupByTraceConfig } from "./config.ts";
import { GroupByTrace } from "./groupbytrace.ts";

export const groupByTraceProcessor: ProcessorFactory<GroupByTraceConfig> = {
  kind: "processor",
  type: "groupbytrace",
  stability: { traces: "beta" },
  schema,
  create: (settings, config, next) => new GroupByTrace(settings, config, next),
};
