import { attributesText, timeText, toStandardOutput, type WriteLine } from "../common/console-text.ts";
import { type ExportResult, SUCCESS } from "../common/export-result.ts";
import { type DataPoint, DataPointType, type Histogram, type MetricData, type ResourceMetrics } from "./metric-data.ts";
import type { PushMetricExporter } from "./metric-exporter.ts";

/** Prints metrics for people, a line for each data point. */
export class ConsoleMetricExporter implements PushMetricExporter {
  readonly #writeLine: WriteLine;

  constructor(config: { readonly writeLine?: WriteLine } = {}) {
    this.#writeLine = config.writeLine ?? toStandardOutput;
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
  if (metric.dataPointType === DataPointType.HISTOGRAM) {
    return metric.dataPoints.map((point) => `${head(point)} ${histogramText(point.value)}`);
  }
  return metric.dataPoints.map((point) => `${head(point)} ${point.value}`);
}

function histogramText({ count, sum, min, max, buckets }: Histogram): string {
  const filled = buckets.counts
    .map((bucketCount, i) => ({ bucketCount, boundary: buckets.boundaries[i] ?? "+Inf" }))
    .filter(({ bucketCount }) => bucketCount > 0)
    .map(({ bucketCount, boundary }) => `<=${boundary}:${bucketCount}`);
  return `count ${count}, sum ${sum}, min ${min}, max ${max}, buckets ${filled.join(" ")}`;
}
