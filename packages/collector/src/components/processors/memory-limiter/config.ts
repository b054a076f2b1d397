import { duration, field, integer, section, type Schema } from "../../../schema/schema.ts";

export interface MemoryLimiterConfig {
  readonly check_interval: number;
  readonly limit_mib: number;
  readonly spike_limit_mib: number;
  readonly limit_percentage: number;
  readonly spike_limit_percentage: number;
  readonly min_gc_interval_when_soft_limited: number;
}

export const schema: Schema<MemoryLimiterConfig> = section<MemoryLimiterConfig>(
  {
    check_interval: field(duration, "0", "How often memory is measured; 1s is usual. Must be set."),
    limit_mib: field(integer(), 0, "The most memory to use, in MiB."),
    spike_limit_mib: field(
      integer(),
      0,
      "How much may come between two checks; data is refused above limit less spike. Default: a fifth of the limit.",
    ),
    limit_percentage: field(integer(0, 100), 0, "The limit as a share of the machine's or container's memory."),
    spike_limit_percentage: field(integer(0, 100), 0, "The spike likewise."),
    min_gc_interval_when_soft_limited: field(
      duration,
      "10s",
      "The least time between two collections of garbage above the soft limit.",
    ),
  },
  (config, place) => {
    if (config.check_interval === 0)
      place.at("check_interval").problem("'check_interval' must be greater than zero", "write 1s");
    if (config.limit_mib === 0 && config.limit_percentage === 0) {
      place.problem("'limit_mib' or 'limit_percentage' must be greater than zero");
    }
    if (config.limit_mib > 0 && config.spike_limit_mib >= config.limit_mib) {
      place.at("spike_limit_mib").problem("'spike_limit_mib' must be smaller than 'limit_mib'");
    }
    if (config.limit_percentage > 0 && config.spike_limit_percentage >= config.limit_percentage) {
      place.at("spike_limit_percentage").problem("'spike_limit_percentage' must be smaller than 'limit_percentage'");
    }
  },
);
