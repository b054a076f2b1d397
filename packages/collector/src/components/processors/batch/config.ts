import { duration, field, integer, list, section, string, type Schema } from "../../../schema/schema.ts";

export interface BatchConfig {
  readonly timeout: number;
  readonly send_batch_size: number;
  readonly send_batch_max_size: number;
  readonly metadata_keys: readonly string[];
  readonly metadata_cardinality_limit: number;
}

export const schema: Schema<BatchConfig> = section<BatchConfig>(
  {
    timeout: field(
      duration,
      "200ms",
      "A batch is sent once this has passed since its first item; 0 sends everything at once.",
    ),
    send_batch_size: field(
      integer(),
      8192,
      "A batch is sent as soon as it holds this many items. Not a limit; 0 leaves it to `timeout`.",
    ),
    send_batch_max_size: field(
      integer(),
      0,
      "Larger batches are parted into pieces of at most this many items; 0 means no limit.",
    ),
    metadata_keys: field(
      list(string),
      undefined,
      "Requests go into one batch only where these headers agree; receivers need `include_metadata`.",
    ),
    metadata_cardinality_limit: field(
      integer(),
      1000,
      "How many combinations of them there may be; what comes with a further one is refused.",
    ),
  },
  (config, place) => {
    if (config.send_batch_max_size > 0 && config.send_batch_max_size < config.send_batch_size) {
      place.at("send_batch_max_size").problem("send_batch_max_size must be greater or equal to send_batch_size");
    }
    const keys = config.metadata_keys.map((key) => key.toLowerCase());
    const twice = keys.find((key, i) => keys.indexOf(key) !== i);
    if (twice !== undefined)
      place
        .at("metadata_keys")
        .problem(`duplicate entry in metadata_keys: ${JSON.stringify(twice)} (case-insensitive)`);
  },
);
