import type { ExtensionFactory } from "../../../component.ts";
import { schema, type BasicauthConfig } from "./config.ts";
import { Basicauth } from "./basicauth.ts";

export const basicauthExtension: ExtensionFactory<BasicauthConfig> = {
  kind: "extension",
  type: "basicauth",
  stability: "beta",
  schema,
  create: (settings, config) => new Basicauth(settings, config),
};
