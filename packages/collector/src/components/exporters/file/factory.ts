import type { ExporterFactory } from "../../../component.ts";
import { schema, type FileConfig } from "./config.ts";
import { FileExporter } from "./file.ts";

export const fileExporter: ExporterFactory<FileConfig> = {
  kind: "exporter",
  type: "file",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  schema,
  create: (settings, config) => new FileExporter(settings, config),
};
