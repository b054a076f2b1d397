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
    metadata_keys: field(list(string), undefined, "Not supported yet: must be empty."),
    metadata_cardinality_limit: field(integer(), 1000, "Accepted; without `metadata_keys` it has no effect."),
  },
  (config, place) => {
    if (config.send_batch_max_size > 0 && config.send_batch_max_size < config.send_batch_size) {
      place.at("send_batch_max_size").problem("send_batch_max_size must be greater or equal to send_batch_size");
    }
    if (config.metadata_keys.length > 0) {
      place.at("metadata_keys").problem("batching by client metadata is not supported yet", "leave metadata_keys out");
    }
  },
);
