import { type Context, diag, isSpanContextValid, trace } from "@opentelemetry/api";
import { type Sampler, SamplingDecision, type SamplingResult } from "../sampler.ts";
import { readOtelTraceState, withThreshold } from "./otel-trace-state.ts";
import { randomnessOf, thresholdOf } from "./rejection-threshold.ts";

/** W3C Trace Context level 2: the trace id's low 56 bits are random. */
const RANDOM_FLAG = 0x02;
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Samples a share of the traces, the same ones in every service and every language: a trace is kept when
 * its randomness (the low 56 bits of its id, or `rv` of its trace state) is not below the threshold. Says
 * so in the trace state (`ot=th:…`), from which counts can be estimated. Ignores the parent's decision;
 * for the contrary, wrap it in a `ParentBasedSampler`. Source: specification, "ProbabilitySampler".
 */
export class ProbabilitySampler implements Sampler {
  readonly #ratio: number;
  readonly #threshold: string | undefined;
  // What spans without a trace state get: almost all roots.
  readonly #plainlySampled: SamplingResult;
  #hasWarned = false;

  /** `ratio` is from 0 to 1; anything else is brought into that range with a warning. */
  constructor(ratio = 1) {
    this.#ratio = withinRange(ratio);
    this.#threshold = thresholdOf(this.#ratio);
    this.#plainlySampled = sampled(undefined, this.#threshold);
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent === undefined || !isSpanContextValid(parent)) return this.#decide(randomnessOf(traceId));
    const { traceState, traceFlags } = parent;
    const randomness = readOtelTraceState(traceState).randomness;
    if (randomness === undefined && (traceFlags & RANDOM_FLAG) === 0) this.#warnOfUnknownRandomness();
    if (traceState === undefined) return this.#decide(randomnessOf(traceId));
    const isKept = this.#keeps(randomness ?? randomnessOf(traceId));
    if (isKept) return sampled(traceState, this.#threshold);
    return { decision: SamplingDecision.NOT_RECORD, ...stateOf(withThreshold(traceState, undefined)) };
  }

  toString(): string {
    return `ProbabilitySampler{${this.#ratio}}`;
  }

  protected get ratio(): number {
    return this.#ratio;
  }

  #decide(randomness: string): SamplingResult {
    return this.#keeps(randomness) ? this.#plainlySampled : NOT_SAMPLED;
  }

  #keeps(randomness: string): boolean {
    return this.#threshold !== undefined && randomness >= this.#threshold;
  }

  #warnOfUnknownRandomness(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    diag.warn(
      `${this.toString()} decides for spans whose parent does not say that its trace id is random: it is taken to be. ` +
        "Update callers to W3C Trace Context level 2, or decide at the root only, with a ParentBasedSampler.",
    );
  }
}

function sampled(traceState: Parameters<typeof withThreshold>[0], threshold: string | undefined): SamplingResult {
  return { decision: SamplingDecision.RECORD_AND_SAMPLED, ...stateOf(withThreshold(traceState, threshold)) };
}

function stateOf(traceState: ReturnType<typeof withThreshold>): Pick<SamplingResult, "traceState"> {
  return traceState === undefined ? {} : { traceState };
}

function withinRange(ratio: number): number {
  if (ratio >= 0 && ratio <= 1) return ratio;
  const used = ratio > 1 ? 1 : 0;
  diag.warn(`sampling ratio ${ratio} is not from 0 to 1: ${used} is used`);
  return used;
}
