import type { InstrumentationScope } from "../common/instrumentation-scope.ts";

/** Source: metrics SDK specification, "MeterConfig". */
export interface MeterConfig {
  /** Whether the meter's instruments measure anything. True */
  readonly enabled?: boolean;
}

/** Asked when a meter is made, and for each meter when it is set. `undefined` stands for the defaults. */
export type MeterConfigurator = (meterScope: InstrumentationScope) => MeterConfig | undefined;
