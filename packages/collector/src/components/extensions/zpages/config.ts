import type { Address } from "../../../net/address.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import { boolean, field, section, type Schema } from "../../../schema/schema.ts";

export interface ZpagesConfig {
  readonly endpoint: Address;
  readonly expvar: { readonly enabled: boolean };
}

export const schema: Schema<ZpagesConfig> = section<ZpagesConfig>({
  endpoint: field(endpoint, "localhost:55679", "Where the pages are served, `host:port`."),
  expvar: field(
    section<ZpagesConfig["expvar"]>({
      enabled: field(boolean, false, "Whether `/debug/expvarz` tells of the process."),
    }),
    undefined,
    "What the process uses.",
  ),
});
