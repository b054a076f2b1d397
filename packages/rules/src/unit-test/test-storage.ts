/** The series of a unit test: those of its input up to the moment that is tested, and what rules wrote. */
import { asStored, type Labels, MemoryQuerier, type MetricsQuerier, parseSeriesDescription } from "@clew/query";
import type { RuleSample } from "../evaluation/rule-sample.ts";
import type { TestGroup } from "./unit-test-file.ts";

export class TestStorage {
  readonly #store = new MemoryQuerier();
  /** What is later is not there yet. */
  #loadedMs = -Infinity;

  /** Throws a `QueryError` where a series is not one. */
  constructor({ inputSeries, intervalMs, startMs }: TestGroup) {
    for (const { series, values } of inputSeries) {
      const { labels, samples } = parseSeriesDescription(`${series} ${values}`);
      asStored(samples).forEach((sample, i) => {
        if (sample !== undefined) this.#store.add(labels, startMs + i * intervalMs, sample);
      });
    }
  }

  loadUntil(timeMs: number): void {
    this.#loadedMs = timeMs;
  }

  write(samples: readonly RuleSample[]): void {
    for (const { labels, timestampMs, value } of samples) this.#store.add(labels, timestampMs, value);
  }

  querier(): MetricsQuerier {
    const store = this.#store;
    return {
      select: (request) => store.select({ ...request, endMs: Math.min(request.endMs, this.#loadedMs) }),
      labelNames: (request) => store.labelNames(request),
      labelValues: (name, request) => store.labelValues(name, request),
      series: (request): Promise<readonly Labels[]> => store.series(request),
      metadata: (request) => store.metadata(request),
      exemplars: (request) => store.exemplars(request),
    };
  }
}
