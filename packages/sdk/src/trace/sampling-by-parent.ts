/** What a sampler decides by a span's parent alone, worked out once: such spans need neither ids nor attributes to decide. */
import { AlwaysOffSampler, AlwaysOnSampler } from "./always-samplers.ts";
import { ParentBasedSampler } from "./parent-based-sampler.ts";
import { type Sampler, SamplingDecision } from "./sampler.ts";
import type { SpanIdentity } from "./span-identity.ts";

/** The parents that `ParentBasedSampler` tells apart, as indices. */
export const PARENT_KINDS = [
  "root",
  "remoteParentSampled",
  "remoteParentNotSampled",
  "localParentSampled",
  "localParentNotSampled",
] as const;
export type ParentKind = (typeof PARENT_KINDS)[number];

/** Indices are those of `PARENT_KINDS`; undefined where the sampler must be asked. */
export type DecisionsByParent = readonly (SamplingDecision | undefined)[];

export function decisionsByParent(sampler: Sampler): DecisionsByParent {
  return PARENT_KINDS.map((kind) => decisionUnder(kind, sampler));
}

/** A sampler that extends one of ours may decide otherwise, so only the very classes count. */
function decisionUnder(kind: ParentKind, sampler: Sampler): SamplingDecision | undefined {
  if (sampler.constructor === AlwaysOnSampler) return SamplingDecision.RECORD_AND_SAMPLED;
  if (sampler.constructor === AlwaysOffSampler) return SamplingDecision.NOT_RECORD;
  return sampler instanceof ParentBasedSampler && sampler.constructor === ParentBasedSampler
    ? decisionUnder(kind, sampler.samplerFor(kind))
    : undefined;
}

/** An index of `PARENT_KINDS`. */
export function parentKindOf(parent: SpanIdentity | undefined): number {
  if (parent === undefined) return 0;
  return (parent.isRemote ? 1 : 3) + (parent.isSampled ? 0 : 1);
}
