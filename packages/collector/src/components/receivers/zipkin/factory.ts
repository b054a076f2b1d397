import type { ReceiverFactory } from "../../../component.ts";
import { schema, type ZipkinConfig } from "./config.ts";
import { ZipkinReceiver } from "./zipkin.ts";

export const zipkinReceiver: ReceiverFactory<ZipkinConfig> = {
  kind: "receiver",
  type: "zipkin",
  stability: { traces: "beta" },
  schema,
  create: (settings, config, next) => new ZipkinReceiver(settings, config, next),
};
