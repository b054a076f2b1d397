import { type Context, createTraceState, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import type { Sampler, SamplingResult } from "../../index.ts";

/** A trace id with these 14 digits as its randomness. */
export function traceIdWith(randomness: string): string {
  return `${"a".repeat(18)}${randomness}`;
}

export interface Parent {
  readonly randomness?: string;
  readonly flags?: number;
  readonly state?: string;
  readonly isRemote?: boolean;
}

/** A parent whose trace id is random (flag 2), sampled (flag 1), and local, unless told otherwise. */
export function contextOf({ randomness = "8".repeat(14), flags = 3, state, isRemote = false }: Parent): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdWith(randomness),
    spanId: "b".repeat(16),
    traceFlags: flags,
    isRemote,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  });
}

export function sample(
  sampler: Sampler,
  {
    context = ROOT_CONTEXT,
    traceId = trace.getSpanContext(context)?.traceId ?? traceIdWith("8".repeat(14)),
    name = "span",
  } = {},
): SamplingResult {
  return sampler.shouldSample(context, traceId, name, SpanKind.INTERNAL, {}, []);
}

/** What the sampler says about a child of this parent: "sampled" or "dropped", and the trace state. */
export function verdict(sampler: Sampler, parent?: Parent): string {
  const { decision, traceState } = sample(sampler, parent === undefined ? {} : { context: contextOf(parent) });
  return `${["dropped", "recorded", "sampled"][decision]} ${traceState?.serialize() ?? ""}`.trim();
}
