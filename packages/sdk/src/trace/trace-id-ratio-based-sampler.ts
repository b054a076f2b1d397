import { type Context, diag } from "@opentelemetry/api";
import { type Sampler, SamplingDecision, type SamplingResult } from "./sampler.ts";

const TWO_28 = 2 ** 28;

/**
 * Samples a share of the traces, the same ones in every service that asks for that share or more.
 * The low 56 bits of the trace id are the randomness; a trace is kept when they are not below the
 * rejection threshold. Source: specification, "TraceState: probability sampling".
 */
export class TraceIdRatioBasedSampler implements Sampler {
  readonly #ratio: number;
  // The threshold, 0 to 2^56, in two halves of 28 bits: it exceeds what a number holds exactly.
  readonly #thresholdHigh: number;
  readonly #thresholdLow: number;

  /** `ratio` is from 0 to 1; anything else is brought into that range. */
  constructor(ratio = 1) {
    this.#ratio = withinRange(ratio);
    const scaled = (1 - this.#ratio) * TWO_28;
    this.#thresholdHigh = Math.floor(scaled);
    this.#thresholdLow = Math.round((scaled - this.#thresholdHigh) * TWO_28);
  }

  shouldSample(_context: Context, traceId: string): SamplingResult {
    return { decision: this.#keeps(traceId) ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `TraceIdRatioBased{${this.#ratio}}`;
  }

  #keeps(traceId: string): boolean {
    const high = Number.parseInt(traceId.slice(18, 25), 16);
    if (high !== this.#thresholdHigh) return high > this.#thresholdHigh;
    return Number.parseInt(traceId.slice(25, 32), 16) >= this.#thresholdLow;
  }
}

function withinRange(ratio: number): number {
  if (ratio >= 0 && ratio <= 1) return ratio;
  diag.warn(`sampling ratio ${ratio} is not from 0 to 1`);
  return ratio > 1 ? 1 : 0;
}
