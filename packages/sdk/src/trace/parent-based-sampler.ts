import { type Context, isSpanContextValid, trace, TraceFlags } from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler } from "./always-samplers.ts";
import type { Sampler, SamplingResult } from "./sampler.ts";

export interface ParentBasedSamplerConfig {
  /** Decides for spans without a parent. */
  readonly root: Sampler;
  readonly remoteParentSampled?: Sampler;
  readonly remoteParentNotSampled?: Sampler;
  readonly localParentSampled?: Sampler;
  readonly localParentNotSampled?: Sampler;
}

/** Does as the parent did, unless told otherwise for one of the four kinds of parent. */
export class ParentBasedSampler implements Sampler {
  readonly #samplers: Required<ParentBasedSamplerConfig>;

  constructor(config: ParentBasedSamplerConfig) {
    const on = new AlwaysOnSampler();
    const off = new AlwaysOffSampler();
    this.#samplers = {
      remoteParentSampled: on,
      remoteParentNotSampled: off,
      localParentSampled: on,
      localParentNotSampled: off,
      ...config,
    };
  }

  shouldSample(
    context: Context,
    ...details: Parameters<Sampler["shouldSample"]> extends [Context, ...infer Rest] ? Rest : never
  ): SamplingResult {
    return this.samplerFor(kindOfParent(context)).shouldSample(context, ...details);
  }

  toString(): string {
    const { root, remoteParentSampled, remoteParentNotSampled, localParentSampled, localParentNotSampled } =
      this.#samplers;
    return (
      `ParentBased{root=${String(root)}, remoteParentSampled=${String(remoteParentSampled)}, ` +
      `remoteParentNotSampled=${String(remoteParentNotSampled)}, localParentSampled=${String(localParentSampled)}, ` +
      `localParentNotSampled=${String(localParentNotSampled)}}`
    );
  }

  /** Who decides under a parent of this kind. */
  samplerFor(kind: keyof ParentBasedSamplerConfig): Sampler {
    return this.#samplers[kind];
  }
}

function kindOfParent(context: Context): keyof ParentBasedSamplerConfig {
  const parent = trace.getSpanContext(context);
  if (parent === undefined || !isSpanContextValid(parent)) return "root";
  const sampled = (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
  if (parent.isRemote === true) return sampled ? "remoteParentSampled" : "remoteParentNotSampled";
  return sampled ? "localParentSampled" : "localParentNotSampled";
}
