import type { Clock } from "@clew/base";
import { type Sampler, SamplingDecision, type SamplingResult } from "../sampler.ts";

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Samples so many traces a second and no more. What is not used is saved up, to at most one second's worth
 * (or one trace, for rates below it), so that short bursts pass.
 */
export class RateLimitingSampler implements Sampler {
  readonly #tracesPerSecond: number;
  readonly #clock: Clock;
  readonly #maxBalance: number;
  #balance: number;
  #updatedAtMs: number;

  constructor(tracesPerSecond: number, clock: Clock) {
    this.#tracesPerSecond = Math.max(tracesPerSecond, 0);
    this.#clock = clock;
    this.#maxBalance = this.#tracesPerSecond === 0 ? 0 : Math.max(this.#tracesPerSecond, 1);
    this.#balance = this.#maxBalance;
    this.#updatedAtMs = clock.nowMs();
  }

  shouldSample(): SamplingResult {
    const nowMs = this.#clock.nowMs();
    const earned = (Math.max(nowMs - this.#updatedAtMs, 0) / 1_000) * this.#tracesPerSecond;
    this.#balance = Math.min(this.#balance + earned, this.#maxBalance);
    this.#updatedAtMs = nowMs;
    if (this.#balance < 1) return NOT_SAMPLED;
    this.#balance--;
    return SAMPLED;
  }

  toString(): string {
    return `RateLimitingSampler{${this.#tracesPerSecond}}`;
  }
}
