import type { Attributes, Context } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import type { Resource } from "../../../resource/resource.ts";
import { SamplingDecision, type SamplingResult } from "../../sampler.ts";
import { TraceIdRatioBasedSampler } from "../../trace-id-ratio-based-sampler.ts";
import { RateLimitingSampler } from "../rate-limiting-sampler.ts";
import { type RuleMatcher, ruleMatcher, type SamplingRule } from "./xray-sampling-rule.ts";

/** What X-Ray lets this process have of a rule. Source: AWS X-Ray API reference, `SamplingTargetDocument`. */
export interface SamplingTarget {
  readonly RuleName: string;
  readonly FixedRate?: number | null;
  /** How many a second this process may sample before the rate counts. */
  readonly ReservoirQuota?: number | null;
  /** Until when, in seconds since the epoch. */
  readonly ReservoirQuotaTTL?: number | null;
  /** After how many seconds to ask again. */
  readonly Interval?: number | null;
}

export interface RuleStatistics {
  readonly RequestCount: number;
  readonly SampledCount: number;
  readonly BorrowCount: number;
}

/** While it has no quota, a process borrows one trace a second of a rule's reservoir. */
const BORROWED_PER_SECOND = 1;

/** Samples the spans of one rule, and counts what it did. */
export class XRayRuleSampler {
  readonly rule: SamplingRule;
  readonly #matches: RuleMatcher;
  readonly #clock: Clock;
  #reservoir: RateLimitingSampler;
  #reservoirUntilMs = Infinity;
  #rate: TraceIdRatioBasedSampler;
  #isBorrowing = true;
  #requestCount = 0;
  #sampledCount = 0;
  #borrowCount = 0;

  constructor(rule: SamplingRule, clock: Clock) {
    this.rule = rule;
    this.#matches = ruleMatcher(rule);
    this.#clock = clock;
    this.#reservoir = new RateLimitingSampler(rule.ReservoirSize > 0 ? BORROWED_PER_SECOND : 0, clock);
    this.#rate = new TraceIdRatioBasedSampler(rule.FixedRate);
  }

  /** The rule `Default` is for all that no other is for. */
  matches(attributes: Attributes, resource: Resource): boolean {
    return this.rule.RuleName === "Default" || this.#matches(attributes, resource);
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    this.#requestCount++;
    const hasReservoir = this.#clock.nowMs() < this.#reservoirUntilMs;
    const reserved = hasReservoir ? this.#reservoir.shouldSample() : undefined;
    if (reserved?.decision === SamplingDecision.RECORD_AND_SAMPLED) {
      if (this.#isBorrowing) this.#borrowCount++;
      this.#sampledCount++;
      return reserved;
    }
    const result = this.#rate.shouldSample(context, traceId);
    if (result.decision === SamplingDecision.RECORD_AND_SAMPLED) this.#sampledCount++;
    return result;
  }

  setTarget({ FixedRate, ReservoirQuota, ReservoirQuotaTTL }: SamplingTarget): void {
    this.#isBorrowing = false;
    this.#reservoir = new RateLimitingSampler(ReservoirQuota ?? 0, this.#clock);
    this.#reservoirUntilMs = (ReservoirQuotaTTL ?? 0) * 1_000;
    if (typeof FixedRate === "number") this.#rate = new TraceIdRatioBasedSampler(FixedRate);
  }

  /** What happened since the last call. */
  takeStatistics(): RuleStatistics {
    const statistics = {
      RequestCount: this.#requestCount,
      SampledCount: this.#sampledCount,
      BorrowCount: this.#borrowCount,
    };
    this.#requestCount = 0;
    this.#sampledCount = 0;
    this.#borrowCount = 0;
    return statistics;
  }
}
