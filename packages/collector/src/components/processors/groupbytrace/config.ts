import { boolean, duration, field, integer, section, type Schema } from "../../../schema/schema.ts";

export interface GroupByTraceConfig {
  readonly wait_duration: number;
  readonly num_traces: number;
  readonly num_workers: number;
  readonly discard_orphans: boolean;
  readonly store_on_disk: boolean;
}

export const schema: Schema<GroupByTraceConfig> = section<GroupByTraceConfig>(
  {
    wait_duration: field(duration, "1s", "How long a trace's spans are gathered, from its first one on."),
    num_traces: field(
      integer(1),
      1_000_000,
      "How many traces are gathered at once; the oldest is handed on before a further one begins.",
    ),
    num_workers: field(integer(1), 1, "Accepted; one thread does it all."),
    discard_orphans: field(boolean, false, "Not supported, as in the original: must be false."),
    store_on_disk: field(boolean, false, "Not supported, as in the original: must be false."),
  },
  (config, place) => {
    if (config.discard_orphans)
      place.at("discard_orphans").problem("option 'discard_orphans' not supported in this release");
    if (config.store_on_disk) place.at("store_on_disk").problem("option 'disk storage' not supported in this release");
  },
);
