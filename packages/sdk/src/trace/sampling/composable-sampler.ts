import type { Attributes, TraceState } from "@opentelemetry/api";
import type { Sampler } from "../sampler.ts";

/** What a composable sampler would do, without the decision itself. */
export interface SamplingIntent {
  /** From 0, sample all, up to 2^56; `-1n` is: sample none. */
  readonly threshold: bigint;
  /** Whether counts may be estimated from the threshold. */
  readonly thresholdReliable: boolean;
  /** Added to the span when it is sampled. */
  readonly attributes?: Attributes | undefined;
  /** Changes the trace state, except for its `ot`. */
  readonly updateTraceState?: ((traceState: TraceState | undefined) => TraceState | undefined) | undefined;
}

/** A part of a `CompositeSampler`. Source: specification, "ComposableSampler". */
export interface ComposableSampler {
  getSamplingIntent(...details: Parameters<Sampler["shouldSample"]>): SamplingIntent;
  /** Its name and settings, for messages. */
  toString(): string;
}

export const NO_INTENT: SamplingIntent = Object.freeze({ threshold: -1n, thresholdReliable: false });
