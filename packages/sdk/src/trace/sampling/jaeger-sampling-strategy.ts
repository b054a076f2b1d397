/**
 * The answer of Jaeger's remote sampling API, and the sampler that it asks for.
 * Source: jaegertracing.io, "Remote Sampling Configuration"; jaeger-idl, `api_v2/sampling.proto`.
 */
import type { Clock } from "@clew/base";
import { type Sampler, SamplingDecision, type SamplingResult } from "../sampler.ts";
import { TraceIdRatioBasedSampler } from "../trace-id-ratio-based-sampler.ts";
import { RateLimitingSampler } from "./rate-limiting-sampler.ts";

interface Probabilistic {
  readonly samplingRate?: number;
}

interface OperationStrategy {
  readonly operation?: string;
  readonly probabilisticSampling?: Probabilistic;
}

export interface SamplingStrategyResponse {
  /** By name, or by its number in the enum. */
  readonly strategyType?: string | number;
  readonly probabilisticSampling?: Probabilistic;
  readonly rateLimitingSampling?: { readonly maxTracesPerSecond?: number };
  readonly operationSampling?: {
    readonly defaultSamplingProbability?: number;
    readonly defaultLowerBoundTracesPerSecond?: number;
    readonly perOperationStrategies?: readonly OperationStrategy[];
  };
}

/** Throws when the answer names no strategy that is known. */
export function samplerOfStrategy(response: SamplingStrategyResponse, clock: Clock): Sampler {
  const { operationSampling, probabilisticSampling, rateLimitingSampling, strategyType } = response;
  if ((operationSampling?.perOperationStrategies ?? []).length > 0) {
    return new PerOperationSampler(operationSampling ?? {}, clock);
  }
  // Older servers leave the type out when it is the enum's zero.
  const type = String(strategyType ?? "PROBABILISTIC").replace("_", "");
  if (type === "RATELIMITING" || type === "1") {
    return new RateLimitingSampler(rateLimitingSampling?.maxTracesPerSecond ?? 0, clock);
  }
  if (type === "PROBABILISTIC" || type === "0") {
    return new TraceIdRatioBasedSampler(probabilisticSampling?.samplingRate ?? 0);
  }
  throw new Error(`the sampling strategy ${JSON.stringify(strategyType)} is not known`);
}

/** A sampler for each span name that the server lists, and one for all others. */
class PerOperationSampler implements Sampler {
  readonly #samplers = new Map<string, Sampler>();
  readonly #default: Sampler;

  constructor(strategies: NonNullable<SamplingStrategyResponse["operationSampling"]>, clock: Clock) {
    const { defaultSamplingProbability = 0, defaultLowerBoundTracesPerSecond = 0 } = strategies;
    const guaranteed = (rate: number): Sampler =>
      new GuaranteedThroughputSampler(rate, defaultLowerBoundTracesPerSecond, clock);
    this.#default = guaranteed(defaultSamplingProbability);
    for (const { operation = "", probabilisticSampling } of strategies.perOperationStrategies ?? []) {
      this.#samplers.set(operation, guaranteed(probabilisticSampling?.samplingRate ?? 0));
    }
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    return (this.#samplers.get(details[2]) ?? this.#default).shouldSample(...details);
  }

  toString(): string {
    const operations = [...this.#samplers].map(([operation, sampler]) => `${operation}=${sampler.toString()}`);
    return `PerOperationSampler{default=${this.#default.toString()}, ${operations.join(", ")}}`;
  }
}

/** Samples by probability, and of what that drops, so many a second: rare operations are seen too. */
class GuaranteedThroughputSampler implements Sampler {
  readonly #probability: TraceIdRatioBasedSampler;
  readonly #lowerBound: RateLimitingSampler;

  constructor(rate: number, tracesPerSecond: number, clock: Clock) {
    this.#probability = new TraceIdRatioBasedSampler(rate);
    this.#lowerBound = new RateLimitingSampler(tracesPerSecond, clock);
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    const [context, traceId] = details;
    const result = this.#probability.shouldSample(context, traceId);
    // Also what the probability lets through counts towards the bound.
    const bounded = this.#lowerBound.shouldSample();
    return result.decision === SamplingDecision.NOT_RECORD ? bounded : result;
  }

  toString(): string {
    return `GuaranteedThroughputSampler{${this.#probability.toString()}, ${this.#lowerBound.toString()}}`;
  }
}
