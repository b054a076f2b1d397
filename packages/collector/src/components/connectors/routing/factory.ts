import type { ConnectorFactory } from "../../../component.ts";
import { schema, type RoutingConfig } from "./config.ts";
import { Routing } from "./routing.ts";

export const routingConnector: ConnectorFactory<RoutingConfig> = {
  kind: "connector",
  type: "routing",
  stability: { traces: { traces: "alpha" }, metrics: { metrics: "alpha" }, logs: { logs: "alpha" } },
  schema,
  create: (settings, config, output) => new Routing(settings, config, output),
};
