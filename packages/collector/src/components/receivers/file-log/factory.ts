import type { ReceiverFactory } from "../../../component.ts";
import { schema, type FileLogConfig } from "./config.ts";
import { FileLogReceiver } from "./file-log.ts";

export const fileLogReceiver: ReceiverFactory<FileLogConfig> = {
  kind: "receiver",
  type: "file_log",
  alias: "filelog",
  stability: { logs: "beta" },
  schema,
  create: (settings, config, next) => new FileLogReceiver(settings, config, next("file")),
};
