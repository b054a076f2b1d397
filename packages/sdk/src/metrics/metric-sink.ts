/** How collected metrics leave the SDK: to an encoder as they lie in memory, or to objects that can be kept. */
import type { HrTime } from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Scoped } from "../otlp/encoded-batch.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import {
  type AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ScopeMetrics,
} from "./metric-data.ts";
import type { Series } from "./series.ts";

/** A metric whose data points are the series themselves, which go on changing. */
export interface CollectedMetric {
  readonly descriptor: InstrumentDescriptor;
  readonly dataPointType: DataPointType;
  readonly aggregationTemporality: AggregationTemporality;
  readonly isMonotonic: boolean;
  readonly endTime: HrTime;
  readonly dataPoints: readonly Series[];
}

export interface ScopedCollectedMetric extends Scoped {
  readonly metric: CollectedMetric;
}

export interface MetricSink {
  /** Must read the metric before it returns. */
  add(item: ScopedCollectedMetric): void;
}

/** Keeps what is collected as objects, scope by scope. */
export class MetricDataSink implements MetricSink {
  readonly scopeMetrics: { scope: InstrumentationScope; metrics: MetricData[] }[] & readonly ScopeMetrics[] = [];

  add({ instrumentationScope: scope, metric }: ScopedCollectedMetric): void {
    const last = this.scopeMetrics.at(-1);
    if (last?.scope === scope) last.metrics.push(snapshotOf(metric));
    else this.scopeMetrics.push({ scope, metrics: [snapshotOf(metric)] });
  }
}

function snapshotOf(metric: CollectedMetric): MetricData {
  const { descriptor, aggregationTemporality, dataPointType, isMonotonic, endTime } = metric;
  const common = { descriptor, aggregationTemporality };
  // The kind of a series goes with the data point type that its aggregation says.
  const dataPoints = <Value>(): DataPoint<Value>[] =>
    (metric.dataPoints as readonly Series<Value>[]).map((series) => ({
      attributes: series.attributes,
      startTime: series.startTime,
      endTime,
      value: series.snapshot(),
      exemplars: series.exemplars,
    }));
  switch (dataPointType) {
    case DataPointType.HISTOGRAM:
      return { ...common, dataPointType, dataPoints: dataPoints<Histogram>() };
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return { ...common, dataPointType, dataPoints: dataPoints<ExponentialHistogram>() };
    case DataPointType.GAUGE:
      return { ...common, dataPointType, dataPoints: dataPoints<number>() };
    default:
      return { ...common, dataPointType, isMonotonic, dataPoints: dataPoints<number>() };
  }
}
