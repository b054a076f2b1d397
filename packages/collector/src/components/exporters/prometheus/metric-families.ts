/** The latest value of every series, by the names that Prometheus sees. */
import { prometheusMetricName, type MetricObject, type MetricsObject } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Family, FamilyType } from "../../../telemetry/exposition.ts";
import type { Counter } from "../../../telemetry/meter.ts";
import type { PrometheusConfig } from "./config.ts";
import { infoLabels, labelsOf, scopeLabels, sorted, targetLabels, type Labels } from "./labels.ts";
import { exponentialPoint, histogramPoint, numberPoint, samplesOf, summaryPoint, sumOf, type Point } from "./point.ts";

const DELTA = 1;
const CUMULATIVE = 2;
/** Flag of a data point that says that there is no value any more. */
const NO_RECORDED_VALUE = 1;
/** More would be more than a scrape can carry. */
const MAX_SERIES = 500_000;

interface Series {
  readonly labels: Labels;
  point: Point;
  timeUnixNano: bigint;
  updatedMs: number;
}

interface StoredFamily {
  readonly type: FamilyType;
  readonly help: string;
  // sorted labels as JSON --> series
  readonly series: Map<string, Series>;
}

interface DataPoint {
  readonly attributes: Parameters<typeof labelsOf>[0];
  readonly timeUnixNano: bigint;
  readonly flags: number;
}

/** A metric's points in the form that is kept, and how they are to be read. */
interface Shape {
  readonly type: FamilyType;
  readonly isDelta: boolean;
  readonly points: readonly { readonly source: DataPoint; readonly point: () => Point }[];
}

export class MetricFamilies {
  readonly #settings: Settings;
  readonly #config: PrometheusConfig;
  readonly #skipped: (reason: string) => Counter;
  // name --> family
  readonly #families = new Map<string, StoredFamily>();
  readonly #warned = new Set<string>();
  #seriesCount = 0;

  constructor(settings: Settings, config: PrometheusConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#skipped = (reason) =>
      settings.meter.counter(
        "clew_exporter_prometheus_skipped_points",
        "Number of data points that Prometheus cannot show.",
        {
          exporter: settings.id,
          reason,
        },
      );
  }

  add({ resourceMetrics }: MetricsObject): void {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const target = targetLabels(resource);
      const isConverted = this.#config.resource_to_telemetry_conversion.enabled;
      const converted = isConverted ? labelsOf(resource?.attributes ?? []) : {};
      let latest = 0n;
      for (const { scope, metrics, schemaUrl } of scopeMetrics) {
        const common = { ...converted, ...scopeLabels(scope, schemaUrl), ...target, ...this.#config.const_labels };
        for (const metric of metrics) latest = max(latest, this.#addMetric(metric, common));
      }
      if (resource !== undefined && Object.keys(target).length > 0) this.#addInfo(infoLabels(resource), target, latest);
    }
  }

  /** What is shown now, by name; series that have expired are forgotten. */
  families(): Family[] {
    this.#expire();
    return [...this.#families]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { type, help, series }]) => ({
        name,
        type,
        help,
        samples: [...series.values()].flatMap(({ labels, point, timeUnixNano }) =>
          samplesOf(point, labels, this.#config.send_timestamps ? Number(timeUnixNano / 1_000_000n) : undefined),
        ),
      }));
  }

  /** Returns the time of its latest point. */
  #addMetric(metric: MetricObject, common: Labels): bigint {
    let latest = 0n;
    const shape = shapeOf(metric);
    if (typeof shape === "string") return this.#skip(shape, metric.name, latest);
    const { namespace, add_metric_suffixes: suffixes } = this.#config;
    const nameType = shape.type === "counter" ? "counter" : metric.gauge === undefined ? "other" : "gauge";
    const name = prometheusMetricName(metric.name, metric.unit, nameType, { namespace, suffixes });
    if (name === "") return this.#skip("name_invalid", metric.name, latest);
    const family = this.#family(name, shape.type, metric.description || metric.name);
    if (family === undefined) return this.#skip("type_conflict", name, latest);
    for (const { source, point } of shape.points) {
      const labels = sorted({ ...labelsOf(source.attributes), ...common });
      latest = max(latest, source.timeUnixNano);
      if ((source.flags & NO_RECORDED_VALUE) !== 0) this.#remove(family, labels);
      else this.#set(family, name, labels, point(), source.timeUnixNano, shape.isDelta);
    }
    return latest;
  }

  #addInfo(info: Labels, target: Labels, timeUnixNano: bigint): void {
    if (Object.keys(info).length === 0) return;
    const name = prometheusMetricName("target_info", "", "other", { namespace: this.#config.namespace });
    const family = this.#family(name, "gauge", "Target metadata");
    const point: Point = { kind: "number", value: 1, exemplars: [] };
    const labels = sorted({ ...info, ...target, ...this.#config.const_labels });
    if (family !== undefined) this.#set(family, name, labels, point, timeUnixNano, false);
  }

  /** Undefined where the name is taken by another type. */
  #family(name: string, type: FamilyType, help: string): StoredFamily | undefined {
    const known = this.#families.get(name);
    if (known !== undefined) return known.type === type ? known : undefined;
    const family: StoredFamily = { type, help, series: new Map() };
    this.#families.set(name, family);
    return family;
  }

  #set(family: StoredFamily, name: string, labels: Labels, point: Point, timeUnixNano: bigint, isDelta: boolean): void {
    const key = JSON.stringify(labels);
    const updatedMs = this.#settings.clock.nowMs();
    const series = family.series.get(key);
    if (series === undefined) {
      if (this.#seriesCount >= MAX_SERIES) return void this.#skip("series_limit", name, 0n);
      this.#seriesCount++;
      family.series.set(key, { labels, point, timeUnixNano, updatedMs });
      return;
    }
    if (timeUnixNano < series.timeUnixNano) return void this.#skip("out_of_order", name, 0n);
    series.point = isDelta ? (sumOf(series.point, point) ?? point) : point;
    series.timeUnixNano = timeUnixNano;
    series.updatedMs = updatedMs;
  }

  #remove(family: StoredFamily, labels: Labels): void {
    if (family.series.delete(JSON.stringify(labels))) this.#seriesCount--;
  }

  #expire(): void {
    const oldestMs = this.#settings.clock.nowMs() - this.#config.metric_expiration;
    for (const [name, { series }] of this.#families) {
      for (const [key, { updatedMs }] of series) {
        if (updatedMs >= oldestMs) continue;
        series.delete(key);
        this.#seriesCount--;
      }
      if (series.size === 0) this.#families.delete(name);
    }
  }

  /** Counted every time, logged once for each metric and reason. */
  #skip(reason: string, name: string, latest: bigint): bigint {
    this.#skipped(reason).add(1);
    const key = `${reason} ${name}`;
    if (!this.#warned.has(key) && this.#warned.size < MAX_SERIES) {
      this.#warned.add(key);
      this.#settings.logger.warn("Metric cannot be shown to Prometheus", { metric: name, reason });
    }
    return latest;
  }
}

/** Or the reason why Prometheus cannot show it. */
function shapeOf({ gauge, sum, histogram, exponentialHistogram, summary }: MetricObject): Shape | string {
  if (gauge !== undefined) return shape("gauge", CUMULATIVE, gauge.dataPoints, numberPoint);
  if (summary !== undefined) return shape("summary", CUMULATIVE, summary.dataPoints, summaryPoint);
  if (histogram !== undefined) {
    return shape("histogram", histogram.aggregationTemporality, histogram.dataPoints, histogramPoint);
  }
  if (exponentialHistogram !== undefined) {
    const { aggregationTemporality, dataPoints } = exponentialHistogram;
    return shape("histogram", aggregationTemporality, dataPoints, exponentialPoint);
  }
  if (sum === undefined) return "no_data";
  if (!sum.isMonotonic && sum.aggregationTemporality === DELTA) return "delta_of_non_monotonic";
  return shape(sum.isMonotonic ? "counter" : "gauge", sum.aggregationTemporality, sum.dataPoints, numberPoint);
}

function shape<Source extends DataPoint>(
  type: FamilyType,
  temporality: number,
  sources: readonly Source[],
  pointOf: (source: Source) => Point,
): Shape | string {
  if (temporality !== DELTA && temporality !== CUMULATIVE) return "temporality_unspecified";
  return {
    type,
    isDelta: temporality === DELTA,
    points: sources.map((source) => ({ source, point: () => pointOf(source) })),
  };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
