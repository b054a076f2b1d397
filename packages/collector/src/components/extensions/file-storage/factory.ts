import type { ExtensionFactory } from "../../../component.ts";
import { schema, type FileStorageConfig } from "./config.ts";
import { FileStorage } from "./file-storage.ts";

export const fileStorageExtension: ExtensionFactory<FileStorageConfig> = {
  kind: "extension",
  type: "file_storage",
  stability: "beta",
  schema,
  create: (settings, config) => new FileStorage(settings, config),
};
