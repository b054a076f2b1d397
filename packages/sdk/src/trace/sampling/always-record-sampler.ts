import { type Sampler, SamplingDecision, type SamplingResult } from "../sampler.ts";

/**
 * Lets the processors see also the spans that `root` drops; exporters still do not get them. For metrics
 * from all spans. Source: specification, "AlwaysRecord".
 */
export class AlwaysRecordSampler implements Sampler {
  readonly #root: Sampler;

  constructor(root: Sampler) {
    this.#root = root;
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    const result = this.#root.shouldSample(...details);
    return result.decision === SamplingDecision.NOT_RECORD ? { ...result, decision: SamplingDecision.RECORD } : result;
  }

  toString(): string {
    return `AlwaysRecordSampler{${this.#root.toString()}}`;
  }
}

/** The same by the official name. */
export function createAlwaysRecordSampler(delegate: Sampler): Sampler {
  return new AlwaysRecordSampler(delegate);
}
