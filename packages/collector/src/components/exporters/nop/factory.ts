import { stateless, type ExporterFactory } from "../../../component.ts";
import { schema, type NopConfig } from "./config.ts";

/** Takes everything and keeps nothing. */
export const nopExporter: ExporterFactory<NopConfig> = {
  kind: "exporter",
  type: "nop",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  schema,
  create: () => ({ ...stateless, consume: () => Promise.resolve() }),
};
