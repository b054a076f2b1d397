import {
  boolean,
  duration,
  field,
  integer,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";
import type { Place } from "../../../schema/place.ts";
import { isStateful, topPolicies, type PolicyConfig } from "./policy-config.ts";

export interface TailSamplingConfig {
  readonly decision_wait: number;
  readonly decision_wait_after_root_received: number;
  readonly num_traces: number;
  readonly max_held_bytes: number;
  readonly block_on_overflow: boolean;
  readonly expected_new_traces_per_sec: number;
  readonly policies: readonly PolicyConfig[];
  readonly decision_cache: { readonly sampled_cache_size: number; readonly non_sampled_cache_size: number };
  readonly sample_on_first_match: boolean;
  readonly sampling_strategy: "trace-complete" | "span-ingest";
  readonly drop_pending_traces_on_shutdown: boolean;
  readonly maximum_trace_size_bytes: number;
  readonly num_shards: number;
  readonly wait_for_decision: boolean;
  readonly storage: string | undefined;
}

export const schema: Schema<TailSamplingConfig> = section<TailSamplingConfig>(
  {
    decision_wait: field(duration, "30s", "How long a trace's spans are held, from its first one on."),
    decision_wait_after_root_received: field(
      duration,
      "0s",
      "How long they are held at most once the root span has come; 0 means that this makes no difference.",
    ),
    num_traces: field(integer(1), 50_000, "How many traces are held at once."),
    max_held_bytes: field(integer(1), 268_435_456, "How many bytes of spans are held at once."),
    block_on_overflow: field(
      boolean,
      false,
      "Whether senders wait where there are `num_traces`; else the oldest trace is decided early.",
    ),
    expected_new_traces_per_sec: field(integer(), 0, "Accepted; has no effect."),
    policies: field(topPolicies, undefined, "What is kept: traces that match one of these."),
    decision_cache: field(
      section<TailSamplingConfig["decision_cache"]>({
        sampled_cache_size: field(integer(), 0, "Of how many traces that were kept; 0 means `num_traces`."),
        non_sampled_cache_size: field(integer(), 0, "Of how many traces that were not; 0 means `num_traces`."),
      }),
      undefined,
      "How many decisions are remembered, for spans that come later.",
    ),
    sample_on_first_match: field(
      boolean,
      false,
      "Whether the policies after the first that matches are not asked, which counts only differ for.",
    ),
    sampling_strategy: field(
      oneOf("trace-complete", "span-ingest"),
      "trace-complete",
      "`trace-complete` decides once the wait is over; `span-ingest` keeps a trace as soon as one batch of its spans matches, and no others.",
    ),
    drop_pending_traces_on_shutdown: field(
      boolean,
      false,
      "Whether what is held is given up when the collector stops; else it is decided then. With `storage` it is decided after the next start.",
    ),
    maximum_trace_size_bytes: field(integer(), 0, "Traces that grow larger are not kept; 0 means any size."),
    num_shards: field(integer(0, 256), 1, "Accepted; one thread does it all."),
    wait_for_decision: field(
      boolean,
      false,
      "Whether senders are answered only once their traces were decided, and taken downstream if kept.",
    ),
    storage: field(
      optional(string),
      undefined,
      "The storage extension that spans are kept in too until they are decided and taken downstream; senders are answered once they are there.",
    ),
  },
  check,
);

function check(config: TailSamplingConfig, place: Place): void {
  if (config.storage !== undefined && config.wait_for_decision) {
    place.at("storage").problem("has no use with wait_for_decision", "write only one of them");
  }
  if (config.sampling_strategy !== "span-ingest") return;
  for (const [i, policy] of config.policies.entries()) {
    if (!isStateful(policy)) continue;
    place
      .at("policies")
      .at(i)
      .problem(
        `sampling_strategy "span-ingest" requires all policies to be stateless, but policy ${JSON.stringify(policy.name)} is stateful`,
      );
  }
}
