import { type Sampler, SamplingDecision, type SamplingResult } from "./sampler.ts";

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

export class AlwaysOnSampler implements Sampler {
  shouldSample(): SamplingResult {
    return SAMPLED;
  }

  toString(): string {
    return "AlwaysOnSampler";
  }
}

export class AlwaysOffSampler implements Sampler {
  shouldSample(): SamplingResult {
    return NOT_SAMPLED;
  }

  toString(): string {
    return "AlwaysOffSampler";
  }
}
