import { randomBytes } from "node:crypto";
import { type Context, trace, type TraceState } from "@opentelemetry/api";
import { type Sampler, SamplingDecision, type SamplingResult } from "../sampler.ts";
import type { ComposableSampler, SamplingIntent } from "./composable-sampler.ts";
import { readOtelTraceState, withThreshold } from "./otel-trace-state.ts";
import { ALWAYS_SAMPLE, randomnessOf } from "./rejection-threshold.ts";

const MAX_THRESHOLD = 2n ** 56n;
const DIGITS = 14;

/**
 * Decides by what a `ComposableSampler` intends, and writes the threshold into the trace state.
 * Source: specification, "CompositeSampler".
 */
export class CompositeSampler implements Sampler {
  readonly #delegate: ComposableSampler;
  // Thresholds seldom change: the digits of the last one are kept.
  #lastThreshold = 0n;
  #lastDigits = ALWAYS_SAMPLE;

  constructor(delegate: ComposableSampler) {
    this.#delegate = delegate;
  }

  shouldSample(
    context: Context,
    traceId: string,
    ...rest: Parameters<Sampler["shouldSample"]> extends [Context, string, ...infer Rest] ? Rest : never
  ): SamplingResult {
    const intent = this.#delegate.getSamplingIntent(context, traceId, ...rest);
    const parentState = trace.getSpanContext(context)?.traceState;
    const threshold = this.#digits(intent.threshold);
    const isKept = threshold !== undefined && randomness(intent, traceId, parentState) >= threshold;
    const updated = intent.updateTraceState === undefined ? parentState : intent.updateTraceState(parentState);
    const traceState = withThreshold(updated, isKept && intent.thresholdReliable ? threshold : undefined);
    return {
      decision: isKept ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      ...(isKept && intent.attributes !== undefined && { attributes: intent.attributes }),
      ...(traceState !== undefined && { traceState }),
    };
  }

  toString(): string {
    return `CompositeSampler(${this.#delegate.toString()})`;
  }

  #digits(threshold: bigint): string | undefined {
    if (threshold < 0n || threshold >= MAX_THRESHOLD) return undefined;
    if (threshold !== this.#lastThreshold) {
      this.#lastThreshold = threshold;
      this.#lastDigits = threshold.toString(16).padStart(DIGITS, "0");
    }
    return this.#lastDigits;
  }
}

/** The same by the official name. */
export function createCompositeSampler(delegate: ComposableSampler): Sampler {
  return new CompositeSampler(delegate);
}

/** An unreliable threshold says nothing about the trace's own randomness, so it gets fresh one. */
function randomness(intent: SamplingIntent, traceId: string, parentState: TraceState | undefined): string {
  if (!intent.thresholdReliable && intent.threshold !== 0n) return randomBytes(DIGITS / 2).toString("hex");
  return readOtelTraceState(parentState).randomness ?? randomnessOf(traceId);
}
