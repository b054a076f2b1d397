/** Source: metrics SDK specification, "MetricFilter". */
import type { Attributes } from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { DataPointType } from "./metric-data.ts";

export const MetricFilterResult = { ACCEPT: 0, DROP: 1, ACCEPT_PARTIAL: 2 } as const;
export type MetricFilterResult = (typeof MetricFilterResult)[keyof typeof MetricFilterResult];

export const AttributesFilterResult = { ACCEPT: 0, DROP: 1 } as const;
export type AttributesFilterResult = (typeof AttributesFilterResult)[keyof typeof AttributesFilterResult];

/** What of the metrics a reader wants to have collected. */
export interface MetricFilter {
  /** Asked once for each metric in each collection. Of one that is dropped not even callbacks are called. */
  testMetric(scope: InstrumentationScope, name: string, kind: DataPointType, unit: string): MetricFilterResult;
  /** Asked for each series of a metric that is accepted in part. */
  testAttributes(
    scope: InstrumentationScope,
    name: string,
    kind: DataPointType,
    unit: string,
    attributes: Attributes,
  ): AttributesFilterResult;
}
