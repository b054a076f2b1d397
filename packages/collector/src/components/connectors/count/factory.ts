import type { ConnectorFactory } from "../../../component.ts";
import { schema, type CountConfig } from "./config.ts";
import { Count } from "./count.ts";

export const countConnector: ConnectorFactory<CountConfig> = {
  kind: "connector",
  type: "count",
  stability: { traces: { metrics: "alpha" }, metrics: { metrics: "alpha" }, logs: { metrics: "alpha" } },
  schema,
  create: (settings, config, { next }) => new Count(settings, config, next),
};
