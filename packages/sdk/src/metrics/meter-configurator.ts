import type { ScopeConfig, ScopeConfigurator } from "../common/scope-configurator.ts";

/** Source: metrics SDK specification, "MeterConfig". The instruments of a disabled meter measure nothing. */
export type MeterConfig = ScopeConfig;
export type MeterConfigurator = ScopeConfigurator<MeterConfig>;
