import type { ExtensionFactory } from "../../../component.ts";
import { schema, type BearertokenauthConfig } from "./config.ts";
import { Bearertokenauth } from "./bearertokenauth.ts";

export const bearertokenauthExtension: ExtensionFactory<BearertokenauthConfig> = {
  kind: "extension",
  type: "bearertokenauth",
  stability: "beta",
  schema,
  create: (settings, config) => new Bearertokenauth(settings, config),
};
