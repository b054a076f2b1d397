import type { ExporterFactory } from "../../../component.ts";
import { schema, type DebugConfig } from "./config.ts";
import { debugConsumer } from "./debug.ts";
import { stateless } from "../../../component.ts";

export const debugExporter: ExporterFactory<DebugConfig> = {
  kind: "exporter",
  type: "debug",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  schema,
  create: (settings, config) => ({ ...stateless, ...debugConsumer(settings, config) }),
};
