import type { ExtensionFactory } from "../../../component.ts";
import { schema, type ZpagesConfig } from "./config.ts";
import { Zpages } from "./zpages.ts";

export const zpagesExtension: ExtensionFactory<ZpagesConfig> = {
  kind: "extension",
  type: "zpages",
  stability: "beta",
  observesSpans: true,
  schema,
  create: (settings, config) => new Zpages(settings, config),
};
