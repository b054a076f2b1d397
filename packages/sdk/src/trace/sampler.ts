import type { Attributes, Context, Link, SpanKind, TraceState } from "@opentelemetry/api";

export const SamplingDecision = {
  /** The span is not recorded; only its context goes on. */
  NOT_RECORD: 0,
  /** The processors see the span, the exporters do not. */
  RECORD: 1,
  RECORD_AND_SAMPLED: 2,
  0: "NOT_RECORD",
  1: "RECORD",
  2: "RECORD_AND_SAMPLED",
} as const;
export type SamplingDecision = Extract<(typeof SamplingDecision)[keyof typeof SamplingDecision], number>;

export interface SamplingResult {
  readonly decision: SamplingDecision;
  /** Added to the span's attributes. */
  readonly attributes?: Readonly<Attributes>;
  /** Replaces the parent's trace state. */
  readonly traceState?: TraceState;
}

/** Decides, when a span starts, whether it is recorded and exported. */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: readonly Link[],
  ): SamplingResult;
  /** Its name and settings, for messages. */
  toString(): string;
}
