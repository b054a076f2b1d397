/** `service::telemetry::traces`, as the declarative configuration of OpenTelemetry (v0.3) has it. */
import { anything, field, list, number, oneOf, optional, section, type Fields, type Schema } from "../schema/schema.ts";
import { processorList, type Processors } from "./otlp-target.ts";

export interface TracesConfig {
  readonly level: "none" | "basic" | "normal" | "detailed";
  readonly processors: readonly Processors[];
  readonly sampler: SamplerConfig | undefined;
  readonly propagators: readonly string[];
  readonly limits: unknown;
}

interface RootSampler {
  readonly always_on: unknown;
  readonly always_off: unknown;
  readonly trace_id_ratio_based: { readonly ratio: number } | undefined;
}

interface ParentBased {
  readonly root: RootSampler | undefined;
  readonly remote_parent_sampled: unknown;
  readonly remote_parent_not_sampled: unknown;
  readonly local_parent_sampled: unknown;
  readonly local_parent_not_sampled: unknown;
}

interface SamplerConfig extends RootSampler {
  readonly parent_based: ParentBased | undefined;
}

const rootFields: Fields<RootSampler> = {
  always_on: field(anything, undefined, "All traces; so it is without a sampler."),
  always_off: field(anything, undefined, "None."),
  trace_id_ratio_based: field(
    optional(section({ ratio: field(number(), 1, "How many, from 0 to 1.") })),
    undefined,
    "Some of them.",
  ),
};

const parentBased: Schema<ParentBased> = section<ParentBased>({
  root: field(optional(section<RootSampler>(rootFields)), undefined, "What decides where a trace begins."),
  remote_parent_sampled: field(anything, undefined, "Accepted; every trace begins here."),
  remote_parent_not_sampled: field(anything, undefined, "Accepted."),
  local_parent_sampled: field(anything, undefined, "Accepted; spans go with their trace."),
  local_parent_not_sampled: field(anything, undefined, "Accepted."),
});

export const tracesSchema: Schema<TracesConfig> = section<TracesConfig>({
  level: field(oneOf("none", "basic", "normal", "detailed"), "normal", "`none` turns them off, as no processors do."),
  processors: field(processorList(5_000), undefined, "Where spans of the collector itself go."),
  sampler: field(
    optional(
      section<SamplerConfig>({
        ...rootFields,
        parent_based: field(optional(parentBased), undefined, "As its `root` says."),
      }),
    ),
    undefined,
    "Which traces are kept; all by default.",
  ),
  propagators: field(list(oneOf("tracecontext", "b3")), undefined, "Accepted; every trace begins and ends here."),
  limits: field(anything, undefined, "Accepted; our spans are small."),
});

/** How many of the traces are kept, from 0 to 1. */
export function ratioOf({ sampler }: TracesConfig): number {
  const root: RootSampler | undefined = sampler?.parent_based === undefined ? sampler : sampler.parent_based.root;
  if (root?.always_off !== undefined) return 0;
  return root?.trace_id_ratio_based?.ratio ?? 1;
}
