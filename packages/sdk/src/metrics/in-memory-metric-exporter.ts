import { type ExportResult, failure, SUCCESS } from "../common/export-result.ts";
import type { InstrumentType } from "./instrument-type.ts";
import { AggregationTemporality, type ResourceMetrics } from "./metric-data.ts";
import type { PushMetricExporter } from "./metric-exporter.ts";

/** Keeps what it gets, for tests. */
export class InMemoryMetricExporter implements PushMetricExporter {
  readonly #temporality: (instrumentType: InstrumentType) => AggregationTemporality;
  #metrics: ResourceMetrics[] = [];
  #isShutDown = false;

  /** One temporality for all instruments, or one for each type. */
  constructor(
    aggregationTemporality:
      | AggregationTemporality
      | ((instrumentType: InstrumentType) => AggregationTemporality) = AggregationTemporality.CUMULATIVE,
  ) {
    this.#temporality =
      typeof aggregationTemporality === "function" ? aggregationTemporality : () => aggregationTemporality;
  }

  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    if (this.#isShutDown) return resultCallback(failure(new Error("the exporter is shut down")));
    this.#metrics.push(metrics);
    resultCallback(SUCCESS);
  }

  /** The exports since the beginning or the last `reset`. */
  getMetrics(): ResourceMetrics[] {
    return this.#metrics;
  }

  reset(): void {
    this.#metrics = [];
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return this.#temporality(instrumentType);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true;
    return Promise.resolve();
  }
}
