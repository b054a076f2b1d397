import type { ReceiverFactory } from "../../../component.ts";
import { schema, type JaegerConfig } from "./config.ts";
import { JaegerReceiver } from "./jaeger.ts";

export const jaegerReceiver: ReceiverFactory<JaegerConfig> = {
  kind: "receiver",
  type: "jaeger",
  stability: { traces: "beta" },
  schema,
  create: (settings, config, next) => new JaegerReceiver(settings, config, next),
};
