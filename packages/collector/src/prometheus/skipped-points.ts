import type { Settings } from "../component.ts";

/** Of how many metrics and reasons is remembered that they were told. */
const MAX_TOLD = 10_000;

/** Data points that Prometheus cannot take: counted every time, logged once for each metric and reason. */
export class SkippedPoints {
  readonly #settings: Settings;
  readonly #told = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  add(reason: string, metric: string, count = 1): void {
    const { meter, id, logger } = this.#settings;
    meter
      .counter("clew_exporter_prometheus_skipped_points", "Number of data points that Prometheus cannot show.", {
        exporter: id,
        reason,
      })
      .add(count);
    const key = `${reason} ${metric}`;
    if (this.#told.has(key) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(key);
    logger.warn("Metric cannot be shown to Prometheus", { metric, reason });
  }
}
