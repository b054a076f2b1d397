import { writeOutputLine } from "../common/standard-streams.ts";
import { attributesText, timeText, type WriteLine } from "../common/console-text.ts";
import { type ExportResult, SUCCESS } from "../common/export-result.ts";
import type { InstrumentType } from "./instrument-type.ts";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from "./metric-data.ts";
import type { PushMetricExporter } from "./metric-exporter.ts";

export interface ConsoleMetricExporterOptions {
  /** Cumulative for every instrument unless given. */
  readonly temporalitySelector?: (instrumentType: InstrumentType) => AggregationTemporality;
  /** Standard output unless given. */
  readonly writeLine?: WriteLine;
}

/** Prints metrics for people, a line for each data point. */
export class ConsoleMetricExporter implements PushMetricExporter {
  readonly #writeLine: WriteLine;
  readonly #temporalitySelector: ConsoleMetricExporterOptions["temporalitySelector"];

  constructor(options: ConsoleMetricExporterOptions = {}) {
    this.#writeLine = options.writeLine ?? writeOutputLine;
    this.#temporalitySelector = options.temporalitySelector;
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return this.#temporalitySelector?.(instrumentType) ?? AggregationTemporality.CUMULATIVE;
  }

  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    for (const { metrics: ofScope } of metrics.scopeMetrics) {
      for (const line of ofScope.flatMap(linesOf)) this.#writeLine(line);
    }
    resultCallback(SUCCESS);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function linesOf(metric: MetricData): string[] {
  const { name, unit } = metric.descriptor;
  const head = (point: DataPoint<unknown>): string =>
    `${timeText(point.endTime)} METRIC ${name}${unit === "" ? "" : ` [${unit}]`}${attributesText(point.attributes)} =`;
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map((point) => `${head(point)} ${histogramText(point.value)}`);
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.map((point) => `${head(point)} ${exponentialHistogramText(point.value)}`);
    default:
      return metric.dataPoints.map((point) => `${head(point)} ${point.value}`);
  }
}

function histogramText(histogram: Histogram): string {
  const { boundaries, counts } = histogram.buckets;
  const filled = counts
    .map((count, i) => ({ count, boundary: boundaries[i] ?? "+Inf" }))
    .filter(({ count }) => count > 0)
    .map(({ count, boundary }) => `<=${boundary}:${count}`);
  return `${summaryText(histogram)}, buckets ${filled.join(" ")}`;
}

/** Buckets by their upper boundaries, from the lowest values to the highest. */
function exponentialHistogramText(histogram: ExponentialHistogram): string {
  const { scale, zeroCount, positive, negative } = histogram;
  const base = 2 ** (2 ** -scale);
  const below = negative.bucketCounts.map((count, i) => ({ count, boundary: -(base ** (negative.offset + i)) }));
  const above = positive.bucketCounts.map((count, i) => ({ count, boundary: base ** (positive.offset + i + 1) }));
  const filled = [...below.reverse(), { count: zeroCount, boundary: 0 }, ...above]
    .filter(({ count }) => count > 0)
    .map(({ count, boundary }) => `<=${Number(boundary.toPrecision(4))}:${count}`);
  return `${summaryText(histogram)}, scale ${scale}, buckets ${filled.join(" ")}`;
}

function summaryText({ count, sum, min, max }: Histogram | ExponentialHistogram): string {
  const parts = Object.entries({ count, sum, min, max }).filter(([, value]) => value !== undefined);
  return parts.map(([name, value]) => `${name} ${value}`).join(", ");
}
