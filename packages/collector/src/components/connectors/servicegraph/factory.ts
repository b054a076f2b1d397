import type { ConnectorFactory } from "../../../component.ts";
import { schema, type ServicegraphConfig } from "./config.ts";
import { Servicegraph } from "./servicegraph.ts";

export const servicegraphConnector: ConnectorFactory<ServicegraphConfig> = {
  kind: "connector",
  type: "servicegraph",
  stability: { traces: { metrics: "beta" } },
  schema,
  create: (settings, config, { next }) => new Servicegraph(settings, config, next),
};
