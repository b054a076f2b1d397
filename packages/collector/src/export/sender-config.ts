/** The settings that every exporter to a distant place has: `timeout`, `retry_on_failure`, `sending_queue`. */
import {
  boolean,
  duration,
  field,
  integer,
  number,
  oneOf,
  section,
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

interface QueueConfig {
  readonly enabled: boolean;
  readonly num_consumers: number;
  readonly queue_size: number;
  readonly sizer: "requests";
  readonly wait_for_result: boolean;
}

export interface SenderConfig {
  readonly timeout: number;
  readonly retry_on_failure: RetryConfig;
  readonly sending_queue: QueueConfig;
}

const retry: Schema<RetryConfig> = section<RetryConfig>({
  enabled: field(boolean, true, "Whether to try again what failed and may succeed."),
  initial_interval: field(duration, "5s", "The wait before the second attempt."),
  randomization_factor: field(number(), 0.5, "How far each wait is varied, so that senders do not come back together."),
  multiplier: field(number(1), 1.5, "By how much each wait is longer than the one before."),
  max_interval: field(duration, "30s", "The longest wait."),
  max_elapsed_time: field(duration, "5m", "After this the sender is told that it failed; 0 never gives up."),
});

const queue: Schema<QueueConfig> = section<QueueConfig>({
  enabled: field(boolean, true, "Whether requests wait for their turn. Without it all are sent at once."),
  num_consumers: field(integer(1), 10, "How many requests are under way at once."),
  queue_size: field(integer(1), 1_000, "How many requests may wait; further ones are refused."),
  sizer: field(oneOf("requests"), "requests", "What `queue_size` counts."),
  wait_for_result: field(boolean, true, "Accepted; the sender always hears how it ended."),
});

export const senderFields: Fields<SenderConfig> = {
  timeout: field(duration, "5s", "How long one attempt may take."),
  retry_on_failure: field(retry, undefined, "Attempts after the first."),
  sending_queue: field(queue, undefined, "Requests that wait."),
};
