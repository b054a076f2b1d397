/** The specification's composable samplers, by the names of the official package. */
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type SpanContext,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import type { Sampler } from "../sampler.ts";
import { type ComposableSampler, NO_INTENT, type SamplingIntent } from "./composable-sampler.ts";
import { readOtelTraceState } from "./otel-trace-state.ts";
import { encodeThreshold, randomnessOf, thresholdOf } from "./rejection-threshold.ts";

type Details = Parameters<Sampler["shouldSample"]>;
export type SamplingPredicate = (...details: Details) => boolean;
/** The sampler that decides where the predicate says yes. */
export type SamplingRule = readonly [SamplingPredicate, ComposableSampler];

const ALL: SamplingIntent = Object.freeze({ threshold: 0n, thresholdReliable: true });

/** Samples everything. */
export function createComposableAlwaysOnSampler(): ComposableSampler {
  return { getSamplingIntent: () => ALL, toString: () => "ComposableAlwaysOnSampler" };
}

/** Samples nothing. */
export function createComposableAlwaysOffSampler(): ComposableSampler {
  return { getSamplingIntent: () => NO_INTENT, toString: () => "ComposableAlwaysOffSampler" };
}

/** Samples a share of the traces, 0 to 1. A ratio below 2^-56, or one that is no ratio, samples nothing. */
export function createComposableProbabilitySampler(ratio: number): ComposableSampler {
  const digits = thresholdOf(ratio);
  const intent = digits === undefined ? NO_INTENT : { threshold: BigInt(`0x${digits}`), thresholdReliable: true };
  const threshold = digits === undefined ? "max" : encodeThreshold(digits);
  return {
    getSamplingIntent: () => intent,
    toString: () => `ComposableProbabilitySampler(threshold=${threshold}, ratio=${ratio})`,
  };
}

/** The older name of `createComposableProbabilitySampler`. */
export function createComposableTraceIDRatioBasedSampler(ratio: number): ComposableSampler {
  return createComposableProbabilitySampler(ratio);
}

/** Does as the parent did, with its threshold; `rootSampler` decides where there is no parent. */
export function createComposableParentThresholdSampler(rootSampler: ComposableSampler): ComposableSampler {
  return {
    getSamplingIntent(...details) {
      const parent = validParent(details[0]);
      return parent === undefined ? rootSampler.getSamplingIntent(...details) : parentIntent(parent);
    },
    toString: () => `ComposableParentThresholdSampler(rootSampler=${rootSampler.toString()})`,
  };
}

/** Adds attributes to what `delegate` samples. */
export function createComposableAnnotatingSampler(
  delegate: ComposableSampler,
  attributes: Attributes,
): ComposableSampler {
  const own = Object.freeze({ ...attributes });
  return {
    getSamplingIntent(...details) {
      const intent = delegate.getSamplingIntent(...details);
      return { ...intent, attributes: intent.attributes === undefined ? own : { ...intent.attributes, ...own } };
    },
    toString: () => `ComposableAnnotatingSampler(${delegate.toString()}, attributes)`,
  };
}

/** The first rule whose predicate says yes decides; where there is none, nothing is sampled. */
export function createComposableRuleBasedSampler(rules: readonly SamplingRule[]): ComposableSampler {
  const names = rules.map(([predicate, sampler]) => `(${predicate.name || "(anonymous)"}, ${sampler.toString()})`);
  return {
    getSamplingIntent(...details) {
      for (const [predicate, sampler] of rules) if (predicate(...details)) return sampler.getSamplingIntent(...details);
      return NO_INTENT;
    },
    toString: () => `ComposableRuleBasedSampler([${names.join(", ")}])`,
  };
}

function validParent(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context);
  return parent !== undefined && isSpanContextValid(parent) ? parent : undefined;
}

/** A threshold that contradicts the flag of a sampled parent is not believed: the flag alone then counts. */
function parentIntent({ traceId, traceState, traceFlags }: SpanContext): SamplingIntent {
  const { threshold, randomness = randomnessOf(traceId) } = readOtelTraceState(traceState);
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  if (threshold !== undefined && (!isSampled || randomness >= threshold)) {
    return { threshold: BigInt(`0x${threshold}`), thresholdReliable: true };
  }
  return isSampled ? { threshold: 0n, thresholdReliable: false } : NO_INTENT;
}
