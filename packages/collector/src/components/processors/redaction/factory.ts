import { stateless, type ProcessorFactory } from "../../../component.ts";
import { editedViews } from "../../../pipeline/edited-views.ts";
import { schema, type RedactionConfig } from "./config.ts";
import { Redaction } from "./redaction.ts";

export const redactionProcessor: ProcessorFactory<RedactionConfig> = {
  kind: "processor",
  type: "redaction",
  stability: { traces: "beta", metrics: "alpha", logs: "alpha" },
  schema,
  create(_settings, config, next) {
    const redaction = new Redaction(config);
    return { ...stateless, ...editedViews(next, (view) => redaction.edit(view)) };
  },
};
