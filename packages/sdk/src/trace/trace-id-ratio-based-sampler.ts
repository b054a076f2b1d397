import { ProbabilitySampler } from "./sampling/probability-sampler.ts";

/**
 * The older name of `ProbabilitySampler`, and the same decisions: the specification lets an SDK replace
 * the one by the other, whose algorithm alone is the same in all languages.
 */
export class TraceIdRatioBasedSampler extends ProbabilitySampler {
  override toString(): string {
    return `TraceIdRatioBased{${this.ratio}}`;
  }
}
