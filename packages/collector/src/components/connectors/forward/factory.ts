import { stateless, type ConnectorFactory } from "../../../component.ts";
import { schema, type ForwardConfig } from "./config.ts";

/** Joins pipelines of one signal: what comes in goes out. */
export const forwardConnector: ConnectorFactory<ForwardConfig> = {
  kind: "connector",
  type: "forward",
  stability: { traces: { traces: "beta" }, metrics: { metrics: "beta" }, logs: { logs: "beta" } },
  schema,
  create: (_settings, _config, { next }) => ({
    ...stateless,
    consume: (payload) => next.consume(payload),
    refusal: () => next.refusal?.(),
  }),
};
