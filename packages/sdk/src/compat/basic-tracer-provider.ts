import { samplerFromEnvironment } from "../config/sampler-from-environment.ts";
import { defaultResource } from "../resource/resource.ts";
import { TracerProvider, type TracerProviderConfig } from "../trace/tracer-provider.ts";
import { warnOfIgnored } from "./ignored-options.ts";

export interface GeneralLimits {
  readonly attributeValueLengthLimit?: number;
  readonly attributeCountLimit?: number;
}

export interface TracerConfig extends TracerProviderConfig {
  /** For spans, where `spanLimits` does not say. */
  readonly generalLimits?: GeneralLimits;
  /** Ignored: how long an export may take, its processor says. */
  readonly forceFlushTimeoutMillis?: number;
}

/** The provider under its official name: where no sampler is given, `OTEL_TRACES_SAMPLER` names it. */
export class BasicTracerProvider extends TracerProvider {
  constructor(config: TracerConfig = {}) {
    const { generalLimits, forceFlushTimeoutMillis, ...rest } = config;
    warnOfIgnored("the tracer provider", { forceFlushTimeoutMillis });
    super({
      ...rest,
      sampler: config.sampler ?? samplerFromEnvironment(process.env, config.resource ?? defaultResource()),
      spanLimits: { ...generalLimits, ...config.spanLimits },
    });
  }
}
