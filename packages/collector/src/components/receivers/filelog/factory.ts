import type { ReceiverFactory } from "../../../component.ts";
import { schema, type FilelogConfig } from "./config.ts";
import { FilelogReceiver } from "./filelog.ts";

export const filelogReceiver: ReceiverFactory<FilelogConfig> = {
  kind: "receiver",
  type: "filelog",
  stability: { logs: "beta" },
  schema,
  create: (settings, config, next) => new FilelogReceiver(settings, config, next("file")),
};
