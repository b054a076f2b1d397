/** OTLP metrics as Prometheus's series. What Prometheus cannot take is counted and told, and the rest goes on. */
import { prometheusUnitName, type MetricObject, type MetricsObject, type ResourceObject } from "@clew/otlp";
import { flatLabels, infoLabels, type LabelMap } from "../../../prometheus/labels.ts";
import { Naming } from "../../../prometheus/naming.ts";
import { PointLabels, type CommonLabels } from "../../../prometheus/point-labels.ts";
import { CUMULATIVE } from "../../../prometheus/point-flags.ts";
import type { SkippedPoints } from "../../../prometheus/skipped-points.ts";
import { strategyOf } from "../../../prometheus/translation-config.ts";
import type { PrometheusRemoteWriteConfig } from "./config.ts";
import { PointWriter } from "./point-writer.ts";
import { METRIC_TYPE, SeriesBatch, baseLabels, type BaseLabels, type Metadata } from "./series.ts";

export class Translator {
  readonly #config: PrometheusRemoteWriteConfig;
  readonly #naming: Naming;
  readonly #externalLabels: LabelMap = new Map();
  readonly #labels: PointLabels;
  readonly #skipped: SkippedPoints;
  readonly #failed: () => void;

  /** `failed` is told once for each metric of which something was left out. */
  constructor(config: PrometheusRemoteWriteConfig, skipped: SkippedPoints, failed: () => void) {
    this.#config = config;
    this.#naming = new Naming(strategyOf(config), config.namespace);
    this.#labels = new PointLabels(this.#naming, config);
    this.#skipped = skipped;
    this.#failed = failed;
    for (const [key, value] of Object.entries(config.external_labels)) {
      // Names that begin with two underscores are the user's to set.
      this.#externalLabels.set(key.startsWith("__") ? key : this.#naming.label(key), value);
    }
  }

  translate({ resourceMetrics }: MetricsObject): SeriesBatch {
    const batch = new SeriesBatch();
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const ofResource = this.#labels.ofResource(resource);
      let latest = 0n;
      for (const { scope, metrics } of scopeMetrics) {
        const common = this.#config.disable_scope_info ? ofResource : this.#labels.withScope(ofResource, scope);
        for (const metric of metrics) {
          latest = pointsOf(metric).reduce((time, { timeUnixNano: own }) => (own > time ? own : time), latest);
          this.#addMetric(batch, metric, common);
        }
      }
      if (this.#config.target_info.enabled && latest > 0n)
        this.#addTargetInfo(batch, resource, ofResource.target, latest);
    }
    return batch;
  }

  #addMetric(batch: SeriesBatch, metric: MetricObject, common: CommonLabels): void {
    const points = pointsOf(metric);
    if (points.length === 0) return;
    const reason = refusalOf(metric);
    const metadata = reason === undefined ? this.#metadataOf(metric) : undefined;
    if (metadata === undefined) return this.#skip(reason ?? "name_invalid", metric.name, points.length);
    batch.metadata.set(metadata.name, metadata);
    const writer = new PointWriter({
      batch,
      metadata,
      naming: this.#naming,
      config: this.#config,
      skip: (why) => this.#skip(why, metric.name, 1),
    });
    writer.add(metric, (attributes) => this.#finished(this.#labels.ofPoint(attributes, common)));
  }

  #finished(labels: LabelMap): BaseLabels {
    for (const [name, value] of this.#externalLabels) if (!labels.has(name)) labels.set(name, value);
    return baseLabels(flatLabels(labels));
  }

  #metadataOf(metric: MetricObject): Metadata | undefined {
    const isCounter = metric.sum?.isMonotonic === true;
    const nameType = isCounter ? "counter" : metric.gauge === undefined ? "other" : "gauge";
    const name = this.#naming.metric(metric.name, metric.unit, nameType);
    if (name === "") return undefined;
    return { name, type: typeOf(metric), help: metric.description, unit: prometheusUnitName(metric.unit) };
  }

  #addTargetInfo(batch: SeriesBatch, resource: ResourceObject | undefined, target: LabelMap, latest: bigint): void {
    if (resource === undefined || target.size === 0) return;
    const info = infoLabels(resource, this.#naming);
    if (info.size === 0) return;
    const name = this.#naming.metric("target_info", "", "other");
    const metadata: Metadata = { name, type: METRIC_TYPE.gauge, help: "Target metadata", unit: "" };
    const labels = this.#finished(new Map([...info, ...target]));
    batch.at(metadata, "", labels).samples.push({ timestampMs: Number(latest / 1_000_000n), startMs: 0, value: 1 });
  }

  #skip(reason: string, metric: string, points: number): void {
    this.#failed();
    this.#skipped.add(reason, metric, points);
  }
}

function pointsOf(metric: MetricObject): readonly { readonly timeUnixNano: bigint }[] {
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  return (gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary)?.dataPoints ?? [];
}

/** Why no point of it can be sent. */
function refusalOf({ sum, histogram, exponentialHistogram }: MetricObject): string | undefined {
  const temporality = (sum ?? histogram ?? exponentialHistogram)?.aggregationTemporality ?? CUMULATIVE;
  if (temporality === CUMULATIVE) return undefined;
  return temporality === 0 ? "temporality_unspecified" : "delta_temporality";
}

function typeOf({ sum, histogram, exponentialHistogram, summary, metadata }: MetricObject): number {
  if (histogram !== undefined || exponentialHistogram !== undefined) return METRIC_TYPE.histogram;
  if (summary !== undefined) return METRIC_TYPE.summary;
  if (sum?.isMonotonic === true) return METRIC_TYPE.counter;
  const original = metadata.find(({ key }) => key === "prometheus.type")?.value?.stringValue;
  return original === "unknown" || original === "info" || original === "stateset"
    ? METRIC_TYPE[original]
    : METRIC_TYPE.gauge;
}
