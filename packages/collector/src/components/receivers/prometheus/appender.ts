/**
 * Takes the samples of one target, scrape after scrape. A series is read, relabelled and given its
 * place among the families when it is first seen; after that its text leads straight to its point.
 */
import { ClewError } from "@clew/base";
import { payloadOf, Writer, type Payload } from "@clew/otlp";
import { parseSeries } from "./exposition/series.ts";
import type { Exemplar, MetricType, NativeHistogram, ScrapeSink } from "./exposition/sink.ts";
import type { Family, Group, ScrapedResource } from "./family.ts";
import { METRIC_NAME, type Labels } from "../../../relabel/labels.ts";
import { MetadataStore } from "./metadata.ts";
import { Placement, type Place } from "./placement.ts";
import { relabel } from "../../../relabel/relabel.ts";
import type { RelabelConfig } from "../../../relabel/relabel-config.ts";
import { resourceAttributes } from "./resource.ts";
import type { ScrapedTarget } from "./scraped-targets.ts";
import { writeMetrics } from "./write-metrics.ts";

const TARGET_INFO = "target_info";

export interface AppenderSettings {
  /** The labels of the target that its samples get. */
  readonly targetLabels: Labels;
  /** Its labels before relabelling. */
  readonly discoveredLabels: Labels;
  readonly externalLabels: Labels;
  readonly metricRelabelConfigs: readonly RelabelConfig[];
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly trimSuffixes: boolean;
  readonly limits: {
    readonly samples: number;
    readonly labels: number;
    readonly labelNameLength: number;
    readonly labelValueLength: number;
  };
}

interface Series {
  readonly labels: Labels;
  readonly name: string;
  /** Whether relabelling dropped it. */
  readonly isDropped: boolean;
  isNative: boolean;
  round: number;
  /** Whether its end is to be marked. */
  isTracked: boolean;
  hasTimestamp: boolean;
  place: Place | undefined;
}

export class Appender implements ScrapeSink {
  readonly #settings: AppenderSettings;
  readonly #metadata = new MetadataStore();
  // series as the page writes it --> series
  readonly #series = new Map<string, Series>();
  readonly #placement: Placement;
  // What target_info said in this scrape.
  readonly #info = new Map<ScrapedResource, Labels>();
  readonly #writer = new Writer();
  #touched: Family[] = [];
  #round = 0;
  #timeMs = 0;
  /** Samples on the page, those left after relabelling, and series that are new. */
  counts: { scraped: number; kept: number; added: number } = { scraped: 0, kept: 0, added: 0 };

  constructor(settings: AppenderSettings) {
    this.#settings = settings;
    this.#placement = new Placement(this.#metadata, settings.targetLabels);
  }

  /** What the target told of its metrics. */
  metadata(): ScrapedTarget["metadata"] {
    return this.#metadata.told();
  }

  /** Begins a scrape; what an earlier one left is forgotten. */
  begin(timeMs: number): void {
    this.#timeMs = timeMs;
    this.counts = { scraped: 0, kept: 0, added: 0 };
    this.#clear();
  }

  type(family: string, type: MetricType): void {
    this.#metadata.type(family, type);
  }

  help(family: string, help: string): void {
    this.#metadata.help(family, help);
  }

  unit(family: string, unit: string): void {
    this.#metadata.unit(family, unit);
  }

  sample(text: string, value: number, pageTimeMs: number | undefined, exemplar?: Exemplar, startTimeMs = 0): void {
    const series = this.#seen(text, pageTimeMs);
    if (series === undefined) return;
    const timeMs = this.#timeOf(pageTimeMs);
    if (series.name === TARGET_INFO) return this.#addInfo(series.labels);
    const place = this.#placeOf(series);
    const group = this.#groupAt(place, timeMs);
    if (group === undefined) return;
    if (startTimeMs > 0) group.startTimeMs = startTimeMs;
    setPart(group, place, value);
    if (exemplar !== undefined && place.family.kind !== "summary") group.exemplars.push(exemplar);
  }

  histogram(
    text: string,
    histogram: NativeHistogram,
    pageTimeMs: number | undefined,
    exemplars: readonly Exemplar[],
    startTimeMs = 0,
  ): void {
    const series = this.#seen(text, pageTimeMs);
    if (series === undefined) return;
    if (!series.isNative) {
      series.isNative = true;
      this.#leave(series);
    }
    const group = this.#groupAt(this.#placeOf(series), this.#timeOf(pageTimeMs));
    if (group === undefined) return;
    group.startTimeMs = startTimeMs;
    group.hasCount = true;
    group.native = histogram;
    group.exemplars.push(...exemplars);
  }

  /** The page was whole: series that it no longer has are marked. Throws `SCRAPE_LIMIT` where it was too large. */
  end(): void {
    const { limits, trackTimestampsStaleness } = this.#settings;
    if (limits.samples > 0 && this.counts.kept > limits.samples) throw limit("sample limit exceeded", "sample_limit");
    for (const [text, series] of this.#series) {
      if (series.round !== this.#round) {
        if (series.isTracked) this.#markStale(series);
        this.#leave(series);
        this.#series.delete(text);
      } else series.isTracked = !series.isDropped && (!series.hasTimestamp || trackTimestampsStaleness);
    }
  }

  /** The scrape failed, or the target is gone: nothing of the page counts, and every series is marked. */
  fail(): void {
    this.#clear();
    for (const series of this.#series.values()) {
      if (series.isTracked) this.#markStale(series);
      series.isTracked = false;
    }
  }

  /** Adds a sample about the scrape itself. Undefined marks its end. */
  report(name: string, value: number | undefined): void {
    const labels = new Map([[METRIC_NAME, name], ...this.#settings.targetLabels, ...this.#settings.externalLabels]);
    const place = this.#placement.find({ labels, name, isNative: false });
    place.group.seriesCount = 1;
    const group = this.#groupAt(place, this.#timeMs);
    if (group === undefined) return;
    group.hasValue = true;
    group.value = value ?? 0;
    group.isStale = value === undefined;
  }

  /** Everything since `begin`, or undefined where that is no point. */
  payload(): Payload | undefined {
    this.#writer.reset();
    const points = writeMetrics(
      {
        families: this.#touched,
        attributesOf: (resource) => this.#attributesOf(resource),
        trimSuffixes: this.#settings.trimSuffixes,
      },
      this.#writer,
    );
    return points === 0 ? undefined : payloadOf("metrics", this.#writer.finish());
  }

  #clear(): void {
    this.#round++;
    this.#touched = [];
    this.#info.clear();
  }

  /** The series that `text` is, or undefined where relabelling dropped it. */
  #seen(text: string, pageTimeMs: number | undefined): Series | undefined {
    this.counts.scraped++;
    const series = this.#series.get(text) ?? this.#addSeries(text);
    series.round = this.#round;
    series.hasTimestamp = this.#settings.honorTimestamps && pageTimeMs !== undefined;
    if (series.isDropped) return undefined;
    this.counts.kept++;
    return series;
  }

  #addSeries(text: string): Series {
    const { metricRelabelConfigs, externalLabels } = this.#settings;
    const relabelled = relabel(this.#withTarget(parseSeries(text)), metricRelabelConfigs);
    const isDropped = relabelled === undefined || relabelled.size === 0;
    if (!isDropped) this.#checkLimits(relabelled);
    const labels = new Map([...(relabelled ?? []), ...externalLabels]);
    const name = labels.get(METRIC_NAME) ?? "";
    if (!isDropped && name === "") throw limit("missing metric name (__name__ label)", "metric_relabel_configs");
    const series: Series = {
      labels,
      name,
      isDropped,
      isNative: false,
      round: 0,
      isTracked: false,
      hasTimestamp: false,
      place: undefined,
    };
    // A slice of the page would keep all of the page in memory.
    this.#series.set(Buffer.from(text).toString(), series);
    if (!isDropped) this.counts.added++;
    return series;
  }

  /** The target's labels win, and a sample's own is kept as `exported_…`; or the other way where it is honoured. */
  #withTarget(own: Labels): Labels {
    const { targetLabels, honorLabels } = this.#settings;
    const labels = new Map(own);
    for (const [name, value] of targetLabels) {
      const clashing = own.get(name);
      if (honorLabels && clashing !== undefined) continue;
      labels.set(name, value);
      if (clashing === undefined || clashing === "") continue;
      let exported = `exported_${name}`;
      while (own.has(exported) || targetLabels.has(exported)) exported = `exported_${exported}`;
      labels.set(exported, clashing);
    }
    for (const [name, value] of labels) if (value === "") labels.delete(name);
    return labels;
  }

  #checkLimits(labels: Labels): void {
    const { limits } = this.#settings;
    const metric = labels.get(METRIC_NAME)?.slice(0, 50);
    if (limits.labels > 0 && labels.size > limits.labels) {
      const what = `label_limit exceeded (metric: ${metric}, number of labels: ${labels.size}, limit: ${limits.labels})`;
      throw limit(what, "label_limit");
    }
    for (const [name, value] of labels) {
      if (limits.labelNameLength > 0 && name.length > limits.labelNameLength) {
        throw limit(
          `label_name_length_limit exceeded (metric: ${metric}, label name: ${name})`,
          "label_name_length_limit",
        );
      }
      if (limits.labelValueLength > 0 && value.length > limits.labelValueLength) {
        const what = `label_value_length_limit exceeded (metric: ${metric}, label name: ${name}, value: ${value.slice(0, 50)})`;
        throw limit(what, "label_value_length_limit");
      }
    }
  }

  #timeOf(pageTimeMs: number | undefined): number {
    return this.#settings.honorTimestamps ? (pageTimeMs ?? this.#timeMs) : this.#timeMs;
  }

  #markStale(series: Series): void {
    if (series.name === TARGET_INFO) return;
    const place = this.#placeOf(series);
    const group = this.#groupAt(place, this.#timeMs);
    // A histogram may lose a bucket and go on.
    const isAlive = group !== undefined && !group.isStale && (group.hasValue || group.hasCount || group.hasSum);
    if (group === undefined || isAlive) return;
    setPart(group, place, 0);
    group.hasCount ||= series.isNative;
    group.isStale = true;
  }

  /** The group with what it has of this scrape, or undefined where points of it differ in time. */
  #groupAt({ family, group }: Place, timeMs: number): Group | undefined {
    if (family.round !== this.#round) {
      family.round = this.#round;
      family.groups = [];
      this.#touched.push(family);
    }
    if (group.round !== this.#round) {
      group.begin(this.#round, timeMs);
      family.groups.push(group);
    }
    return group.timestampMs === timeMs ? group : undefined;
  }

  #placeOf(series: Series): Place {
    if (series.place?.version === this.#metadata.version) return series.place;
    this.#leave(series);
    series.place = this.#placement.find(series);
    series.place.group.seriesCount++;
    return series.place;
  }

  #leave(series: Series): void {
    const { place } = series;
    series.place = undefined;
    if (place !== undefined) this.#placement.leave(place);
  }

  #addInfo(labels: Labels): void {
    this.#info.set(this.#placement.resourceOf(labels), labels);
  }

  #attributesOf(resource: ScrapedResource): ReadonlyMap<string, string> {
    const attributes = resourceAttributes(resource.job, resource.instance, this.#settings.discoveredLabels);
    for (const [label, value] of this.#info.get(resource) ?? []) {
      if (label !== "job" && label !== "instance" && label !== METRIC_NAME) attributes.set(label, value);
    }
    return attributes;
  }
}

function setPart(group: Group, { role, boundary }: Place, value: number): void {
  switch (role) {
    case "value":
      group.hasValue = true;
      group.value = value;
      return;
    case "count":
      group.hasCount = true;
      group.count = value;
      return;
    case "sum":
      group.hasSum = true;
      group.sum = value;
      return;
    case "created":
      group.startTimeMs = value * 1_000;
      return;
    default:
      if (Number.isNaN(boundary)) return;
      group.boundaries.push(boundary);
      group.boundaryValues.push(value);
  }
}

function limit(what: string, setting: string): ClewError {
  return new ClewError("SCRAPE_LIMIT", what, { remedy: `let the target expose less, or change ${setting}` });
}
