/** The settings that every exporter to a distant place has: `timeout`, `retry_on_failure`, `sending_queue`. */
import {
  boolean,
  duration,
  field,
  integer,
  list,
  number,
  oneOf,
  optional,
  section,
  string,
  type Fields,
  type Schema,
} from "../schema/schema.ts";

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initial_interval: number;
  readonly randomization_factor: number;
  readonly multiplier: number;
  readonly max_interval: number;
  readonly max_elapsed_time: number;
}

export type Sizer = "requests" | "items" | "bytes";

export interface QueueBatchConfig {
  readonly flush_timeout: number;
  readonly min_size: number;
  readonly max_size: number;
  /** That of the queue where it is not given, else items. */
  readonly sizer: "items" | "bytes" | undefined;
  readonly partition: { readonly metadata_keys: readonly string[] };
}

export interface QueueConfig {
  readonly enabled: boolean;
  readonly num_consumers: number;
  readonly queue_size: number;
  readonly sizer: Sizer;
  readonly wait_for_result: boolean;
  readonly block_on_overflow: boolean;
  readonly storage: string | undefined;
  readonly batch: QueueBatchConfig | undefined;
}

export interface SenderConfig {
  readonly timeout: number;
  readonly retry_on_failure: RetryConfig;
  readonly sending_queue: QueueConfig;
}

export const retryFields: Fields<RetryConfig> = {
  enabled: field(boolean, true, "Whether to try again what failed and may succeed."),
  initial_interval: field(duration, "5s", "The wait before the second attempt."),
  randomization_factor: field(number(), 0.5, "How far each wait is varied, so that senders do not come back together."),
  multiplier: field(number(1), 1.5, "By how much each wait is longer than the one before."),
  max_interval: field(duration, "30s", "The longest wait."),
  max_elapsed_time: field(
    duration,
    "5m",
    "After this the sender is told that it failed; 0 never gives up. What stands in a `storage` is never given up.",
  ),
};

export const retry: Schema<RetryConfig> = section<RetryConfig>(retryFields);

const partition: Schema<QueueBatchConfig["partition"]> = section<QueueBatchConfig["partition"]>(
  { metadata_keys: field(list(string), undefined, "Requests go into one batch only where these agree.") },
  ({ metadata_keys: keys }, place) => {
    const lower = keys.map((key) => key.toLowerCase());
    const twice = lower.find((key, i) => lower.indexOf(key) !== i);
    if (twice !== undefined)
      place.problem(`duplicate entry in metadata_keys: ${JSON.stringify(twice)} (case-insensitive)`);
  },
);

const batch: Schema<QueueBatchConfig> = section<QueueBatchConfig>(
  {
    flush_timeout: field(duration, "200ms", "A batch is sent once this has passed since its first request."),
    min_size: field(integer(), 8192, "A batch is sent as soon as it is this large."),
    max_size: field(integer(), 0, "Larger batches are parted; 0 means no limit."),
    sizer: field(
      optional(oneOf("items", "bytes")),
      undefined,
      "What both sizes count; by default as the queue does, else items.",
    ),
    partition: field(partition, undefined, "Which requests may share a batch."),
  },
  (config, place) => {
    const { max_size: max, min_size: min } = config;
    if (config.flush_timeout <= 0) place.at("flush_timeout").problem("`flush_timeout` must be positive");
    if (max > 0 && max < min) place.problem(`\`max_size\` (${max}) must be greater or equal to \`min_size\` (${min})`);
  },
);

export const queue: Schema<QueueConfig> = section<QueueConfig>(
  {
    enabled: field(boolean, true, "Whether requests wait for their turn. Without it all are sent at once."),
    num_consumers: field(integer(1), 10, "How many requests are under way at once."),
    queue_size: field(integer(1), 1_000, "How much may wait or be under way; what comes beyond is refused."),
    sizer: field(oneOf("requests", "items", "bytes"), "requests", "What `queue_size` counts."),
    wait_for_result: field(
      boolean,
      false,
      "Accepted: a sender always hears how it ended, unless `storage` holds its data.",
    ),
    block_on_overflow: field(boolean, false, "Whether senders wait for room instead of being refused."),
    storage: field(
      optional(string),
      undefined,
      "A storage extension: requests are answered once it holds them, and survive restarts.",
    ),
    batch: field(
      optional(batch),
      undefined,
      "Requests are joined before they are sent; `batch: {}` does so with the defaults.",
    ),
  },
  (config, place) => {
    if (config.storage !== undefined && config.wait_for_result)
      place.problem("`wait_for_result` is not supported with a persistent queue configured with `storage`");
    if (config.batch !== undefined && batchSizer(config) === config.sizer && config.batch.min_size > config.queue_size)
      place.problem("`min_size` must be less than or equal to `queue_size`");
  },
);

/** What the sizes of a queue's batches count. */
export function batchSizer({ batch, sizer }: QueueConfig): Sizer {
  return batch?.sizer ?? (sizer === "bytes" ? "bytes" : "items");
}

export const senderFields: Fields<SenderConfig> = {
  timeout: field(duration, "5s", "How long one attempt may take."),
  retry_on_failure: field(retry, undefined, "Attempts after the first."),
  sending_queue: field(queue, undefined, "Requests that wait."),
};
