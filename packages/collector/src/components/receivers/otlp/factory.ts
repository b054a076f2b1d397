import type { ReceiverFactory } from "../../../component.ts";
import { schema, type OtlpReceiverConfig } from "./config.ts";
import { OtlpReceiver } from "./otlp.ts";

export const otlpReceiver: ReceiverFactory<OtlpReceiverConfig> = {
  kind: "receiver",
  type: "otlp",
  stability: { traces: "stable", metrics: "stable", logs: "stable" },
  schema,
  create: (settings, config, next) => new OtlpReceiver(settings, config, next),
};
