import type { ExtensionFactory } from "../../../component.ts";
import { schema, type PprofConfig } from "./config.ts";
import { Pprof } from "./pprof.ts";

export const pprofExtension: ExtensionFactory<PprofConfig> = {
  kind: "extension",
  type: "pprof",
  stability: "beta",
  schema,
  create: (settings, config) => new Pprof(settings, config),
};
