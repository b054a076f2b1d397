import { duration, field, integer, section, type Schema } from "../../../schema/schema.ts";

export interface DeltaToCumulativeConfig {
  readonly max_stale: number;
  readonly max_streams: number;
}

export const schema: Schema<DeltaToCumulativeConfig> = section<DeltaToCumulativeConfig>(
  {
    max_stale: field(duration, "5m", "A stream that got nothing for so long is forgotten, and begins anew."),
    max_streams: field(
      integer(),
      Number.MAX_SAFE_INTEGER,
      "How many streams are kept; points of further ones are dropped.",
    ),
  },
  (config, place) => {
    if (config.max_stale <= 0) place.at("max_stale").problem("max_stale must be a positive duration");
  },
);
