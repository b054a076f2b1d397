import { type Attributes, type Context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { CollectingMetricExporter } from "../collecting-exporters.test-kit.ts";
import {
  AggregationTemporality,
  MeterProvider,
  type MeterProviderConfig,
  type Meter,
  type MetricData,
  PeriodicExportingMetricReader,
  type PeriodicExportingMetricReaderOptions,
} from "../index.ts";
import { ManualClock } from "../manual-clock.test-kit.ts";

export const SAMPLED: Context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: "1".repeat(32),
  spanId: "2".repeat(16),
  traceFlags: 1,
});
export const UNSAMPLED: Context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: "3".repeat(32),
  spanId: "4".repeat(16),
  traceFlags: 0,
});

export class DeltaExporter extends CollectingMetricExporter {
  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.DELTA;
  }
}

export type SetUpConfig = MeterProviderConfig & {
  readonly exporter?: CollectingMetricExporter;
  readonly reader?: Partial<PeriodicExportingMetricReaderOptions>;
};

export interface SetUp {
  readonly clock: ManualClock;
  readonly exporter: CollectingMetricExporter;
  readonly reader: PeriodicExportingMetricReader;
  readonly provider: MeterProvider;
  /** Of the name "test". */
  readonly meter: Meter;
  /** What the next collection exports. */
  readonly collect: () => Promise<MetricData[]>;
  /** The attributes and values of it. */
  readonly points: () => Promise<[Attributes, unknown][]>;
}

/** A provider with one reader, which collects when a test asks. */
export function setUp({
  exporter = new CollectingMetricExporter(),
  reader: options,
  ...config
}: SetUpConfig = {}): SetUp {
  const clock = new ManualClock();
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 1_000,
    clock,
    env: {},
    ...options,
  });
  const provider = new MeterProvider({ readers: [reader], clock, env: {}, random: () => 0, ...config });
  const collect = async (): Promise<MetricData[]> => {
    const before = exporter.exports.length;
    await provider.forceFlush();
    return exporter.exports.slice(before).flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  };
  const points = async (): Promise<[Attributes, unknown][]> =>
    (await collect()).flatMap(({ dataPoints }) =>
      dataPoints.map((point): [Attributes, unknown] => [point.attributes, point.value]),
    );
  return { clock, exporter, reader, provider, meter: provider.getMeter("test"), collect, points };
}
