/** Collected metrics as families of Prometheus. Source: specification, "Prometheus and OpenMetrics compatibility". */
import type { Attributes } from "@opentelemetry/api";
import { diag } from "@opentelemetry/api";
import { prometheusMetricName, prometheusUnitName } from "@clew/otlp";
import { hrTimeToMs } from "../../common/hr-time.ts";
import type { InstrumentationScope } from "../../common/instrumentation-scope.ts";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from "../../metrics/metric-data.ts";
import type { Resource } from "../../resource/resource.ts";
import { bucketSamples, classicBuckets, histogramBuckets } from "./buckets.ts";
import { latestExemplar } from "./exemplar-labels.ts";
import { joinedLabels, labelsOf } from "./label-names.ts";
import type { Label, MetricFamily, MetricFamilyType, Sample } from "./metric-family.ts";
import type { TranslationStrategy } from "@clew/otlp/prometheus";

export interface MetricFamiliesSettings {
  readonly prefix: string;
  readonly strategy: TranslationStrategy;
  readonly appendTimestamp: boolean;
  readonly resourceConstantLabels: RegExp | undefined;
  readonly hasScopeInfo: boolean;
  readonly hasTargetInfo: boolean;
}

/** Reserved for what a scope says by itself. */
const SCOPE_LABELS: ReadonlySet<string> = new Set(["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"]);

/** Makes families; keeps in mind what it warned about. */
export class MetricFamilies {
  readonly #settings: MetricFamiliesSettings;
  readonly #warned = new Set<string>();

  constructor(settings: MetricFamiliesSettings) {
    this.#settings = settings;
  }

  /** Each name once, as a page needs it. */
  of({ resource, scopeMetrics }: ResourceMetrics): MetricFamily[] {
    const families = new Map<string, MetricFamily & { readonly samples: Sample[] }>();
    const constant = this.#resourceLabels(resource);
    for (const { scope, metrics } of scopeMetrics) {
      const common = joinedLabels(constant, this.#scopeLabels(scope));
      for (const metric of metrics) {
        const added = this.#familyOf(metric, common);
        const known = families.get(added.name);
        if (known === undefined) families.set(added.name, { ...added, samples: [...added.samples] });
        else if (known.type === added.type) known.samples.push(...added.samples);
        else this.#warn(`${added.name} is left out as a ${added.type}: there is a ${known.type} of that name`);
      }
    }
    const all = [...families.values()].map((family) => this.#withoutRepeated(family));
    return this.#settings.hasTargetInfo ? [...this.#targetInfo(resource), ...all] : all;
  }

  #familyOf(metric: MetricData, common: readonly Label[]): MetricFamily {
    const { descriptor } = metric;
    const { prefix: namespace, strategy } = this.#settings;
    const type = familyType(metric);
    const suffixes = strategy === "UnderscoreEscapingWithSuffixes" || strategy === "NoUTF8EscapingWithSuffixes";
    const utf8 = strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation";
    const nameType = type === "counter" || type === "gauge" ? type : "other";
    const name = prometheusMetricName(descriptor.name, descriptor.unit, nameType, { namespace, suffixes, utf8 });
    const unit = prometheusUnitName(descriptor.unit);
    const hasUnit = unit !== "" && name.replace(/_total$/, "").endsWith(`_${unit}`);
    const samples = name === "" ? [] : this.#samplesOf(metric, common, type);
    return { name, type, help: descriptor.description, unit: hasUnit ? unit : "", samples };
  }

  #samplesOf(metric: MetricData, common: readonly Label[], type: MetricFamilyType): Sample[] {
    if (metric.aggregationTemporality === AggregationTemporality.DELTA && type !== "gauge") {
      this.#warn(`${metric.descriptor.name} is left out: Prometheus has no delta temporality`);
      return [];
    }
    const { strategy, appendTimestamp } = this.#settings;
    const place = ({ attributes, endTime, exemplars }: DataPoint<unknown>) => ({
      labels: joinedLabels(common, labelsOf(attributes, strategy)),
      timestampMs: appendTimestamp ? Math.round(hrTimeToMs(endTime)) : undefined,
      exemplars,
      strategy,
    });
    switch (metric.dataPointType) {
      case DataPointType.HISTOGRAM:
        return metric.dataPoints.flatMap((point) =>
          bucketSamples(histogramBuckets(point.value), point.value, place(point)),
        );
      case DataPointType.EXPONENTIAL_HISTOGRAM:
        return metric.dataPoints.flatMap((point) =>
          bucketSamples(classicBuckets(point.value), point.value, place(point)),
        );
      default:
        return metric.dataPoints.map((point) => {
          const { labels, timestampMs, exemplars } = place(point);
          const exemplar = type === "counter" ? latestExemplar(exemplars, strategy) : undefined;
          return { suffix: "", labels, value: point.value, timestampMs, exemplar };
        });
    }
  }

  /** Two lines of the same labels would make a scraper refuse the page. */
  #withoutRepeated(family: MetricFamily): MetricFamily {
    const seen = new Set<string>();
    const samples = family.samples.filter(({ suffix, labels }) => {
      const identity = JSON.stringify([suffix, [...labels].sort(([left], [right]) => (left < right ? -1 : 1))]);
      const isNew = !seen.has(identity);
      seen.add(identity);
      return isNew;
    });
    if (samples.length < family.samples.length) {
      this.#warn(`${family.name} has several series with the same labels, of which the first is shown`);
    }
    return { ...family, samples };
  }

  #resourceLabels({ attributes }: Resource): Label[] {
    const { resourceConstantLabels: pattern, strategy } = this.#settings;
    if (pattern === undefined) return [];
    const chosen = Object.entries(attributes).filter(([key]) =>
      new RegExp(pattern, pattern.flags.replace("g", "")).test(key),
    );
    return labelsOf(Object.fromEntries(chosen) as Attributes, strategy);
  }

  #scopeLabels({ name, version, schemaUrl, attributes }: InstrumentationScope): Label[] {
    if (!this.#settings.hasScopeInfo) return [];
    const own = labelsOf((attributes ?? {}) as Attributes, this.#settings.strategy, "otel_scope_");
    const labels: Label[] = own.filter(([label]) => !SCOPE_LABELS.has(label));
    if (name !== "") labels.push(["otel_scope_name", name]);
    if (version !== undefined) labels.push(["otel_scope_version", version]);
    if (schemaUrl !== undefined) labels.push(["otel_scope_schema_url", schemaUrl]);
    return labels;
  }

  #targetInfo({ attributes }: Resource): MetricFamily[] {
    const labels = labelsOf(attributes as Attributes, this.#settings.strategy);
    if (labels.length === 0) return [];
    const sample = { suffix: "", labels, value: 1, timestampMs: undefined, exemplar: undefined };
    return [{ name: "target_info", type: "info", help: "Target metadata", unit: "", samples: [sample] }];
  }

  /** Once for each message: a page is asked for again and again. */
  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    diag.warn(`Prometheus exporter: ${message}`);
  }
}

function familyType(metric: MetricData): MetricFamilyType {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return "histogram";
    case DataPointType.SUM:
      return metric.isMonotonic ? "counter" : "gauge";
    default:
      return "gauge";
  }
}
