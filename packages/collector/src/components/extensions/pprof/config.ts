import type { Address } from "../../../net/address.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import { anything, field, section, string, type Schema } from "../../../schema/schema.ts";

export interface PprofConfig {
  readonly endpoint: Address;
  readonly block_profile_fraction: unknown;
  readonly mutex_profile_fraction: unknown;
  readonly save_to_file: string;
}

export const schema: Schema<PprofConfig> = section<PprofConfig>({
  endpoint: field(endpoint, "localhost:1777", "Where profiles are served, `host:port`."),
  block_profile_fraction: field(anything, undefined, "Accepted; nothing here blocks."),
  mutex_profile_fraction: field(anything, undefined, "Accepted; there are no mutexes."),
  save_to_file: field(string, "", "A file for a CPU profile of the collector's whole life, written when it stops."),
});
