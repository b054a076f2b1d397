import { ProbabilitySampler } from "./sampling/probability-sampler.ts";

/**
 * The older name of `ProbabilitySampler`, and the same decisions: the specification lets an SDK replace
 * the one by the other, whose algorithm alone is the same in all languages.
 */
export class TraceIdRatioBasedSampler extends ProbabilitySampler {
  /** `ratio` is from 0 to 1; anything else is brought into that range with a warning. */
  constructor(ratio = 0) {
    super(ratio);
  }

  override toString(): string {
    return `TraceIdRatioBased{${this.ratio}}`;
  }
}
