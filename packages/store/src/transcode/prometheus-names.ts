/** Names and labels of series as Prometheus's OTLP receiver would give them, by its settings. */
import { type KeyValueObject, prometheusLabelName, prometheusMetricName, type Reader } from "@clew/otlp";
import {
  DEFAULT_OTLP_SETTINGS,
  labelOptions,
  nameOptions,
  NO_TRANSLATION,
  type OtlpSettings,
  PROMETHEUS_METADATA,
} from "@clew/otlp/prometheus";
import { fieldRanges, keyValues, valueText } from "./key-values.ts";
import type { MetricContext } from "./metric-series.ts";
import type { Ranges } from "./walk-records.ts";

const METRIC_NAME = "__name__";
/** Where a resource, and where a scope has its attributes. */
const RESOURCE_ATTRIBUTES = 10;
const SCOPE_ATTRIBUTES = 26;

type Label = readonly [name: string, value: string];

export class PrometheusNames {
  readonly #settings: OtlpSettings;
  readonly #isPromoted: (key: string) => boolean;
  /** What keeps a series apart from the same one under other settings. Empty for the default. */
  readonly mark: string;

  constructor(settings: OtlpSettings) {
    this.#settings = settings;
    this.#isPromoted = promotionOf(settings);
    const text = textOf(settings);
    this.mark = text === textOf(DEFAULT_OTLP_SETTINGS) ? "" : text;
  }

  /** The family's name. */
  nameOf(reader: Reader, context: MetricContext): string {
    if (keepsNames(reader, context)) return context.name;
    const { name, unit, type, monotonic } = context;
    const kind = type === "sum" && monotonic ? "counter" : type === "gauge" ? "gauge" : "other";
    return prometheusMetricName(name, unit, kind, nameOptions(this.#settings.translationStrategy));
  }

  /** By name; none is empty. `job` and `instance` are the resource's. */
  labelsOf(reader: Reader, context: MetricContext, attributes: Ranges): Label[] {
    const keeps = keepsNames(reader, context);
    const labels = this.#joined(keyValues(reader, attributes), keeps);
    const resource = keyValues(reader, fieldRanges(reader, context.resource, RESOURCE_ATTRIBUTES));
    if (!keeps)
      for (const [name, value] of this.#joined(
        resource.filter(({ key }) => this.#isPromoted(key)),
        false,
      ))
        if ((labels.get(name) ?? "") === "") labels.set(name, value);
    for (const [name, value] of identity(resource)) if (value !== "") labels.set(name, value);
    if (!keeps) for (const [name, value] of this.#scopeLabels(reader, context)) labels.set(name, value);
    return [...labels].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Attributes whose names become the same are joined by ";". */
  #joined(attributes: readonly KeyValueObject[], keepsNames: boolean): Map<string, string> {
    const labels = new Map<string, string>();
    for (const { key, value } of attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const name = keepsNames ? key : prometheusLabelName(key, labelOptions(this.#settings));
      if (name === METRIC_NAME) continue;
      const before = labels.get(name);
      labels.set(name, before === undefined ? valueText(value) : `${before};${valueText(value)}`);
    }
    return labels;
  }

  /** None of a scope without a name. */
  #scopeLabels(reader: Reader, { scope, scopeSchemaUrl }: MetricContext): Label[] {
    if (!this.#settings.promoteScopeMetadata) return [];
    const [name, version] = [10, 18].map((field) => utf8Of(reader, fieldRanges(reader, scope, field)));
    if (name === undefined || name === "") return [];
    const attributes = keyValues(reader, fieldRanges(reader, scope, SCOPE_ATTRIBUTES)).map(({ key, value }): Label => [
      prometheusLabelName(`otel_scope_${key}`, labelOptions(this.#settings)),
      valueText(value),
    ]);
    return [
      ...attributes,
      ["otel_scope_name", name],
      ["otel_scope_version", version ?? ""],
      ["otel_scope_schema_url", utf8Of(reader, scopeSchemaUrl)],
    ];
  }
}

/** Whether the names of the metric and its attributes are Prometheus's already. */
export function keepsNames(reader: Reader, { metadata }: MetricContext): boolean {
  return (
    metadata.length > 0 &&
    keyValues(reader, metadata).some(
      ({ key, value }) => key === PROMETHEUS_METADATA.translation && value?.stringValue === NO_TRANSLATION,
    )
  );
}

/** What of the settings names and labels depend on; the others are for those who read. */
function textOf(settings: OtlpSettings): string {
  return JSON.stringify([
    settings.translationStrategy,
    settings.promoteResourceAttributes.toSorted(),
    settings.promoteAllResourceAttributes,
    settings.ignoreResourceAttributes.toSorted(),
    settings.promoteScopeMetadata,
    settings.labelNameUnderscoreSanitization,
    settings.labelNamePreserveMultipleUnderscores,
  ]);
}

function promotionOf(settings: OtlpSettings): (key: string) => boolean {
  const { promoteAllResourceAttributes, ignoreResourceAttributes, promoteResourceAttributes } = settings;
  if (promoteAllResourceAttributes) {
    const ignored = new Set(ignoreResourceAttributes);
    return (key) => !ignored.has(key);
  }
  const promoted = new Set(promoteResourceAttributes);
  return (key) => promoted.has(key);
}

function identity(resource: readonly KeyValueObject[]): Label[] {
  const text = (key: string): string => {
    const found = resource.find((attribute) => attribute.key === key);
    return found === undefined ? "" : valueText(found.value);
  };
  const namespace = text("service.namespace");
  const service = text("service.name");
  return [
    ["job", service !== "" && namespace !== "" ? `${namespace}/${service}` : service],
    ["instance", text("service.instance.id")],
  ];
}

/** The last of the texts that stand there. */
function utf8Of(reader: Reader, ranges: Ranges): string {
  const [start = 0, end = 0] = ranges.slice(-2);
  return reader.bytes.toString("utf8", start, end);
}
