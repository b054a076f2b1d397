import type { ScopeConfig, ScopeConfigurator } from "../common/scope-configurator.ts";

/** Source: trace SDK specification, "TracerConfig". A disabled tracer makes no spans; contexts go on as they are. */
export type TracerConfig = ScopeConfig;
export type TracerConfigurator = ScopeConfigurator<TracerConfig>;
