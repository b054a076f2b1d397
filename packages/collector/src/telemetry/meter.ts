/**
 * The collector's own metrics, kept as the numbers that a scrape prints. Names are the
 * Collector's; a reader may ask for the suffixes that Prometheus would have them bear.
 */
import type { Family, Sample } from "./exposition.ts";

export type Labels = Readonly<Record<string, string>>;

/** Adds to one series. */
export interface Counter {
  add(count: number): void;
}

export interface Histogram {
  record(value: number): void;
}

/** Makes series. The same name and labels are the same series. */
export interface Meter {
  counter(name: string, help: string, labels?: Labels): Counter;
  histogram(name: string, help: string, bounds: readonly number[], labels?: Labels): Histogram;
  /** `read` is called at every scrape. The returned function ends it. */
  gauge(name: string, help: string, labels: Labels, read: () => number): () => void;
  /** A counter whose total is kept elsewhere. */
  observedCounter(name: string, help: string, labels: Labels, read: () => number): () => void;
}

/** What a reader wants of names. */
export interface NameOptions {
  /** Whether counters end in `_total`, which Prometheus asks of every counter. */
  readonly typeSuffix: boolean;
  /** Whether names end in their unit. */
  readonly units: boolean;
}

/** The units of those metrics whose names do not bear them already. */
const UNITS: Readonly<Record<string, string>> = {
  otelcol_process_uptime: "seconds",
  otelcol_process_memory_rss: "bytes",
  otelcol_processor_internal_duration: "seconds",
};

interface Series {
  readonly labels: Labels;
  readonly samples: () => Sample[];
}

interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  // labels as JSON --> series
  readonly series: Map<string, Series>;
}

/** Keeps every series in memory. Components make few, from their configuration, never from data. */
export class MemoryMeter implements Meter {
  readonly #metrics = new Map<string, Metric>();
  readonly #counters = new WeakMap<Series, Counter>();
  readonly #histograms = new WeakMap<Series, Histogram>();

  counter(name: string, help: string, labels: Labels = {}): Counter {
    const metric = this.#metric(name, "counter", help);
    const series = this.#series(metric, labels, () => {
      let total = 0;
      const made: Series = { labels, samples: () => [{ suffix: "", labels, value: total }] };
      this.#counters.set(made, { add: (count) => void (total += count) });
      return made;
    });
    return this.#counters.get(series)!;
  }

  histogram(name: string, help: string, bounds: readonly number[], labels: Labels = {}): Histogram {
    const metric = this.#metric(name, "histogram", help);
    const series = this.#series(metric, labels, () => {
      const buckets = new Buckets(bounds, labels);
      const made: Series = { labels, samples: () => buckets.samples() };
      this.#histograms.set(made, buckets);
      return made;
    });
    return this.#histograms.get(series)!;
  }

  gauge(name: string, help: string, labels: Labels, read: () => number): () => void {
    return this.#observed(this.#metric(name, "gauge", help), labels, read);
  }

  observedCounter(name: string, help: string, labels: Labels, read: () => number): () => void {
    return this.#observed(this.#metric(name, "counter", help), labels, read);
  }

  /** Everything, by name, as a scrape prints it. */
  families(options: NameOptions = { typeSuffix: false, units: false }): Family[] {
    return [...this.#metrics]
      .filter(([, metric]) => metric.series.size > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { type, help, series }]) => ({
        name: printedName(name, type, options),
        type,
        help,
        samples: [...series.values()].flatMap((one) => one.samples()),
      }));
  }

  #observed(metric: Metric, labels: Labels, read: () => number): () => void {
    const key = JSON.stringify(labels);
    const series: Series = { labels, samples: () => [{ suffix: "", labels, value: read() }] };
    metric.series.set(key, series);
    return () => {
      if (metric.series.get(key) === series) metric.series.delete(key);
    };
  }

  #metric(name: string, type: Metric["type"], help: string): Metric {
    const existing = this.#metrics.get(name);
    if (existing !== undefined) return existing;
    const metric: Metric = { type, help, series: new Map() };
    this.#metrics.set(name, metric);
    return metric;
  }

  #series(metric: Metric, labels: Labels, make: () => Series): Series {
    const key = JSON.stringify(labels);
    const existing = metric.series.get(key);
    if (existing !== undefined) return existing;
    const series = make();
    metric.series.set(key, series);
    return series;
  }
}

function printedName(name: string, type: Metric["type"], { typeSuffix, units }: NameOptions): string {
  const unit = units ? UNITS[name] : undefined;
  const needsSuffix = typeSuffix && type === "counter" && !name.endsWith("_total");
  return `${name}${unit === undefined ? "" : `_${unit}`}${needsSuffix ? "_total" : ""}`;
}

class Buckets implements Histogram {
  readonly #bounds: readonly number[];
  readonly #labels: Labels;
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[], labels: Labels) {
    this.#bounds = bounds;
    this.#labels = labels;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  record(value: number): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    this.#counts[bucket < 0 ? this.#bounds.length : bucket]!++;
    this.#sum += value;
  }

  samples(): Sample[] {
    const labels = this.#labels;
    let count = 0;
    const buckets = this.#counts.map((inBucket, i) => {
      count += inBucket;
      const le = i < this.#bounds.length ? String(this.#bounds[i]) : "+Inf";
      return { suffix: "_bucket", labels: { ...labels, le }, value: count };
    });
    return [...buckets, { suffix: "_sum", labels, value: this.#sum }, { suffix: "_count", labels, value: count }];
  }
}
