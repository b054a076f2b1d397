/** The latest value of every series, by the names that Prometheus sees. */
import type { KeyValueObject, MetricObject, MetricsObject } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { prometheusExemplar } from "../../../prometheus/exemplar.ts";
import { infoLabels, sortedLabels, type LabelMap } from "../../../prometheus/labels.ts";
import { Naming } from "../../../prometheus/naming.ts";
import { PointLabels, type CommonLabels } from "../../../prometheus/point-labels.ts";
import { CUMULATIVE, DELTA, NO_RECORDED_VALUE } from "../../../prometheus/point-flags.ts";
import { SkippedPoints } from "../../../prometheus/skipped-points.ts";
import { strategyOf } from "../../../prometheus/translation-config.ts";
import type { FamilyType } from "../../../telemetry/exposition.ts";
import type { PrometheusConfig } from "./config.ts";
import {
  exponentialPoint,
  histogramPoint,
  numberPoint,
  summaryPoint,
  sumOf,
  type ExemplarOf,
  type Point,
} from "./point.ts";

/** More would be more than a scrape can carry. */
const MAX_SERIES = 500_000;

/** Names and values, sorted by name. */
export type Labels = readonly (readonly [string, string])[];

export interface KeptSeries {
  readonly labels: Labels;
  readonly point: Point;
  /** Undefined where it has none. */
  readonly timestampMs: number | undefined;
}

export interface KeptFamily {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly series: readonly KeptSeries[];
}

interface StoredSeries {
  readonly labels: Labels;
  point: Point;
  timeUnixNano: bigint;
  updatedMs: number;
}

interface StoredFamily {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  // labels as text --> series
  readonly series: Map<string, StoredSeries>;
}

interface DataPoint {
  readonly attributes: readonly KeyValueObject[];
  readonly timeUnixNano: bigint;
  readonly flags: number;
  readonly sum?: number | undefined;
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
  readonly #naming: Naming;
  readonly #labels: PointLabels;
  readonly #constLabels: LabelMap;
  readonly #skipped: SkippedPoints;
  readonly #exemplarOf: ExemplarOf;
  // name --> family
  readonly #families = new Map<string, StoredFamily>();
  #seriesCount = 0;

  constructor(settings: Settings, config: PrometheusConfig) {
    this.#settings = settings;
    this.#config = config;
    const naming = new Naming(strategyOf(config), config.namespace);
    this.#naming = naming;
    this.#labels = new PointLabels(naming, config);
    this.#constLabels = new Map(Object.entries(config.const_labels).map(([key, value]) => [naming.label(key), value]));
    this.#skipped = new SkippedPoints(settings);
    this.#exemplarOf = (exemplar) => prometheusExemplar(exemplar, naming);
  }

  add({ resourceMetrics }: MetricsObject): void {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const ofResource = this.#labels.ofResource(resource);
      for (const { scope, metrics, schemaUrl } of scopeMetrics) {
        const isWithout = this.#config.without_scope_info;
        const common = isWithout ? ofResource : this.#labels.withScope(ofResource, scope, schemaUrl);
        for (const metric of metrics) this.#addMetric(metric, common);
      }
      if (resource !== undefined && ofResource.target.size > 0)
        this.#addInfo(infoLabels(resource, this.#naming), ofResource.target);
    }
  }

  /** What is shown now, by name; series that have expired are forgotten. */
  families(): KeptFamily[] {
    this.expire();
    return [...this.#families.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type, help, series }) => ({
        name,
        type,
        help,
        series: [...series.values()].map(({ labels, point, timeUnixNano }) => ({
          labels,
          point,
          timestampMs: timeUnixNano === 0n ? undefined : Number(timeUnixNano / 1_000_000n),
        })),
      }));
  }

  #addMetric(metric: MetricObject, common: CommonLabels): void {
    const shape = shapeOf(metric, this.#exemplarOf);
    if (typeof shape === "string") return this.#skipped.add(shape, metric.name);
    const nameType = shape.type === "counter" ? "counter" : metric.gauge === undefined ? "other" : "gauge";
    const name = this.#naming.metric(metric.name, metric.unit, nameType);
    if (name === "") return this.#skipped.add("name_invalid", metric.name);
    const family = this.#family(name, shape.type, metric.description || metric.name);
    if (family === undefined) return this.#skipped.add("type_conflict", name);
    // A native histogram has a sum, and 0 would be taken for one.
    const needsSum = metric.exponentialHistogram !== undefined;
    for (const { source, point } of shape.points) {
      const labels = this.#finished(this.#labels.ofPoint(source.attributes, common));
      if ((source.flags & NO_RECORDED_VALUE) !== 0) this.#remove(family, labels);
      else if (needsSum && source.sum === undefined) this.#skipped.add("sum_missing", name);
      else this.#set(family, labels, point(), source.timeUnixNano, shape.isDelta);
    }
  }

  #finished(labels: LabelMap): Labels {
    for (const [name, value] of this.#constLabels) labels.set(name, value);
    return sortedLabels(labels);
  }

  /** It has no time: what it says holds as long as it is shown. */
  #addInfo(info: LabelMap, target: LabelMap): void {
    if (info.size === 0) return;
    const family = this.#family(this.#naming.metric("target_info", "", "other"), "gauge", "Target metadata");
    const point: Point = { kind: "number", value: 1, startMs: 0, exemplars: [] };
    if (family !== undefined) this.#set(family, this.#finished(new Map([...info, ...target])), point, 0n, false);
  }

  /** Undefined where the name is taken by another type. */
  #family(name: string, type: FamilyType, help: string): StoredFamily | undefined {
    const known = this.#families.get(name);
    if (known !== undefined) return known.type === type ? known : undefined;
    const family: StoredFamily = { name, type, help, series: new Map() };
    this.#families.set(name, family);
    return family;
  }

  #set(family: StoredFamily, labels: Labels, point: Point, timeUnixNano: bigint, isDelta: boolean): void {
    const key = keyOf(labels);
    const updatedMs = this.#settings.clock.nowMs();
    const series = family.series.get(key);
    if (series === undefined) {
      if (this.#seriesCount >= MAX_SERIES) return this.#skipped.add("series_limit", family.name);
      this.#seriesCount++;
      family.series.set(key, { labels, point, timeUnixNano, updatedMs });
      return;
    }
    if (timeUnixNano < series.timeUnixNano) return this.#skipped.add("out_of_order", family.name);
    series.point = isDelta ? (sumOf(series.point, point) ?? point) : point;
    series.timeUnixNano = timeUnixNano;
    series.updatedMs = updatedMs;
  }

  #remove(family: StoredFamily, labels: Labels): void {
    if (family.series.delete(keyOf(labels))) this.#seriesCount--;
  }

  /** Forgets series that got nothing for too long. */
  expire(): void {
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
}

/** Or the reason why Prometheus cannot show it. */
function shapeOf(metric: MetricObject, exemplarOf: ExemplarOf): Shape | string {
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const number =
    (isCounter: boolean): NumberPointOf =>
    (point) =>
      numberPoint(point, exemplarOf, isCounter);
  if (gauge !== undefined)
    return shape(isUnknown(metric) ? "unknown" : "gauge", CUMULATIVE, gauge.dataPoints, number(false));
  if (summary !== undefined) return shape("summary", CUMULATIVE, summary.dataPoints, summaryPoint);
  if (histogram !== undefined) {
    const { aggregationTemporality, dataPoints } = histogram;
    return shape("histogram", aggregationTemporality, dataPoints, (point) => histogramPoint(point, exemplarOf));
  }
  if (exponentialHistogram !== undefined) {
    const { aggregationTemporality, dataPoints } = exponentialHistogram;
    return shape("histogram", aggregationTemporality, dataPoints, (point) => exponentialPoint(point, exemplarOf));
  }
  if (sum === undefined) return "no_data";
  const { isMonotonic, aggregationTemporality, dataPoints } = sum;
  if (!isMonotonic && aggregationTemporality === DELTA) return "delta_of_non_monotonic";
  return shape(isMonotonic ? "counter" : "gauge", aggregationTemporality, dataPoints, number(isMonotonic));
}

type NumberPointOf = (point: Parameters<typeof numberPoint>[0]) => Point;

/** Whether it came from Prometheus, which did not know its type. */
function isUnknown({ metadata }: MetricObject): boolean {
  return metadata.some(({ key, value }) => key === "prometheus.type" && value?.stringValue === "unknown");
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

function keyOf(labels: Labels): string {
  return labels.flat().join("\0");
}
