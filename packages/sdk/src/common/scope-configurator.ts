import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { InstrumentationScope } from "./instrumentation-scope.ts";

/** Source: specification, "TracerConfig", "MeterConfig", "LoggerConfig". */
export interface ScopeConfig {
  /** Whether what belongs to the scope does anything. True */
  readonly enabled?: boolean;
}

/** Asked when a tracer, meter or logger is made, and for each one when the configurator is set. `undefined` stands for the defaults. */
export type ScopeConfigurator<Config extends ScopeConfig> = (scope: InstrumentationScope) => Config | undefined;

/** What a configurator says of `scope`. It is the user's code: where it throws, the scope has the defaults. */
export function configOf<Config extends ScopeConfig>(
  noun: string,
  configurator: ScopeConfigurator<Config> | undefined,
  scope: InstrumentationScope,
): Config | undefined {
  try {
    return configurator?.(scope);
  } catch (thrown) {
    diag.error(`the ${noun} configurator failed for ${scope.name}, which is enabled: ${messageOf(thrown)}`);
    return undefined;
  }
}
