/** PromQL's view of the store: its series and points, named and shaped as Prometheus has them. */
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings } from "@clew/otlp/prometheus";
import {
  type Labels,
  labelsTest,
  type LabelMatcher,
  type MetadataRequest,
  type MetricMetadata,
  type MetricsQuerier,
  type SelectRequest,
  type SeriesExemplars,
  type SeriesRequest,
  METRIC_NAME,
  type SeriesSamples,
  TYPE_LABEL,
  UNIT_LABEL,
} from "@clew/query";
import {
  isPrometheusSeries,
  type LabelCondition,
  type MetricReader,
  type MillisWindow,
  type StoredSeries,
} from "@clew/store";
import { exemplarLabels } from "./bucket-labels.ts";
import { expandPoints, isDelta, labelSetsOf } from "./expand-series.ts";
import { otlpType, sentMetadata } from "./prometheus-series.ts";
import { SeriesLabels } from "./series-labels.ts";
import type { ReadSamples, SampleCache, SampleCacheCounts } from "./sample-cache.ts";
import { SampleSets } from "./sample-sets.ts";
import { addTargetInfo, type TargetInfoSettings, wantsTargetInfo } from "./target-info.ts";

/** Metadata is gathered over this long before now. */
const METADATA_WINDOW_MS = 7 * 86_400_000;

export interface StoreQuerierSettings {
  /** How what came over OTLP looks. */
  readonly otlp?: OtlpSettings | undefined;
  /** Whether a series has its metric's type and unit as labels; it has not where absent. */
  readonly typeAndUnitLabels?: boolean;
  /** Where samples are kept that were read; absent, they are read each time. */
  readonly cache?: SampleCache | undefined;
}

export class StoreQuerier implements MetricsQuerier {
  readonly #reader: MetricReader;
  readonly #nowMs: () => number;
  readonly #targetInfo: TargetInfoSettings;
  readonly #labels: SeriesLabels;
  /** Labels that a stored series has not, but has to PromQL. */
  readonly #generated: ReadonlySet<string>;
  readonly #cache: SampleCache | undefined;
  // What series were found --> label --> its values; for as long as the reader keeps what it found
  readonly #values = new WeakMap<readonly StoredSeries[], Map<string, readonly string[]>>();

  constructor(reader: MetricReader, nowMs: () => number, settings: StoreQuerierSettings = {}) {
    const { otlp = DEFAULT_OTLP_SETTINGS, typeAndUnitLabels = false, cache } = settings;
    this.#reader = reader;
    this.#cache = cache;
    this.#nowMs = nowMs;
    this.#targetInfo = { otlp, typeAndUnitLabels };
    this.#labels = new SeriesLabels(otlp, typeAndUnitLabels);
    this.#generated = new Set([...GENERATED_LABELS, ...(typeAndUnitLabels ? [TYPE_LABEL, UNIT_LABEL] : [])]);
  }

  /** What became of selections; undefined where nothing is kept. */
  get cacheCounts(): SampleCacheCounts | undefined {
    return this.#cache?.counts;
  }

  select(request: SelectRequest, signal: AbortSignal): Promise<readonly SeriesSamples[]> {
    const read = (window: SelectRequest): Promise<ReadSamples> => this.#read(window, signal);
    return this.#cache?.select(request, signal, read) ?? read(request).then(({ samples }) => samples);
  }

  async #read(request: SelectRequest, signal: AbortSignal): Promise<ReadSamples> {
    const series = await this.#reader.series(this.#conditions(request.matchers), request, signal);
    const samples = new SampleSets(labelsTest(request.matchers));
    const window = { ...request, hasStarts: request.hints.needsStarts, use: request.hints };
    await expandPoints(this.#reader, series, window, request.sampleLimit + 1, samples, this.#labels, signal);
    const isMadeUp = wantsTargetInfo(request.matchers);
    if (isMadeUp)
      await addTargetInfo(this.#reader, request, request.sampleLimit + 1, samples, this.#targetInfo, signal);
    // Deltas are summed up from the window's beginning on.
    const isLasting = !isMadeUp && !series.some(isDelta) && (await this.#reader.isRaw(request));
    const all = samples.finish();
    // Beyond its limit a query fails, and the store was not read to the end.
    const isWhole = all.reduce((sum, { values }) => sum + values.length, 0) <= request.sampleLimit;
    return { samples: all, mayBeKept: isLasting && isWhole, mayBeJoined: !samples.hasEnds };
  }

  async labelNames(request: SeriesRequest, signal: AbortSignal): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const labels of await this.#labelSets(request, signal)) for (const [name] of labels) names.add(name);
    return [...names];
  }

  async labelValues(name: string, request: SeriesRequest, signal: AbortSignal): Promise<readonly string[]> {
    if (request.selectors.length === 0 && !this.#generated.has(name) && name !== METRIC_NAME)
      return this.#storedValues(name, request, signal);
    const values = new Set<string>();
    for (const labels of await this.#labelSets(request, signal)) values.add(labels.get(name));
    values.delete("");
    return [...values];
  }

  /** The values of a label that series are stored with: no part of a family has another. */
  async #storedValues(label: string, window: MillisWindow, signal: AbortSignal): Promise<readonly string[]> {
    const series = await this.#reader.series([], window, signal);
    const known = this.#values.get(series) ?? new Map<string, readonly string[]>();
    this.#values.set(series, known);
    const values = known.get(label) ?? valuesOf(label, series);
    known.set(label, values);
    return values;
  }

  series(request: SeriesRequest, signal: AbortSignal): Promise<readonly Labels[]> {
    return this.#labelSets(request, signal);
  }

  async metadata({ metric }: MetadataRequest, signal: AbortSignal): Promise<readonly MetricMetadata[]> {
    const conditions: LabelCondition[] = metric === undefined ? [] : [isOfFamily(metric)];
    const nowMs = this.#nowMs();
    const series = await this.#reader.describedSeries(
      conditions,
      { startMs: nowMs - METADATA_WINDOW_MS, endMs: nowMs },
      signal,
    );
    const found = new Map<string, MetricMetadata>();
    for (const one of series) {
      const entry = isPrometheusSeries(one) ? sentMetadata(one) : metadataOf(one);
      if (entry !== undefined && (metric === undefined || entry.metric === metric))
        found.set(JSON.stringify(entry), entry);
    }
    return [...found.values()];
  }

  async exemplars(request: SeriesRequest, signal: AbortSignal): Promise<readonly SeriesExemplars[]> {
    const found = new Map<string, { seriesLabels: Labels; exemplars: SeriesExemplars["exemplars"][number][] }>();
    const window = { startMs: request.startMs - 1, endMs: request.endMs };
    for (const matchers of request.selectors) {
      const wanted = labelsTest(matchers);
      const series = await this.#reader.series(this.#conditions(matchers), window, signal);
      const exemplars = await this.#reader.exemplars(series, window, request.limit + 1, signal);
      const bounds = await this.#reader.latestBounds(series, window, signal);
      for (const one of series) {
        for (const exemplar of exemplars.get(one.key) ?? []) {
          const labels = exemplarSeries(one, exemplar.value, bounds.get(one.key), this.#labels);
          if (!wanted(labels)) continue;
          const entry = found.get(labels.key) ?? { seriesLabels: labels, exemplars: [] };
          found.set(labels.key, entry);
          entry.exemplars.push({
            labels: exemplarLabels(exemplar),
            value: exemplar.value,
            timestampMs: exemplar.timestampMs,
          });
        }
      }
    }
    for (const entry of found.values()) entry.exemplars.sort((a, b) => a.timestampMs - b.timestampMs);
    return [...found.values()];
  }

  #conditions(matchers: readonly LabelMatcher[]): LabelCondition[] {
    return conditionsOf(matchers.filter(({ name }) => !this.#generated.has(name)));
  }

  async #labelSets(request: SeriesRequest, signal: AbortSignal): Promise<readonly Labels[]> {
    const found = new Map<string, Labels>();
    const selectors = request.selectors.length === 0 ? [[]] : request.selectors;
    const window: MillisWindow = request;
    for (const matchers of selectors) {
      const wanted = labelsTest(matchers);
      const series = await this.#reader.series(this.#conditions(matchers), window, signal);
      const bounds = await this.#reader.latestBounds(series, window, signal);
      for (const one of series) {
        for (const labels of labelSetsOf(one, bounds.get(one.key), this.#labels))
          if (wanted(labels)) found.set(labels.key, labels);
      }
    }
    return [...found.values()];
  }
}

function valuesOf(label: string, series: readonly StoredSeries[]): readonly string[] {
  const values = new Set<string>();
  for (const { labels } of series) for (const [name, value] of labels) if (name === label) values.add(value);
  values.delete("");
  return [...values];
}

/** An exemplar of a histogram belongs to the bucket that its value fell into. */
function exemplarSeries(
  series: StoredSeries,
  value: number,
  bounds: Float64Array | undefined,
  labels: SeriesLabels,
): Labels {
  if (series.type !== "histogram" || labels.isNative(series)) return labels.of(series, series.name);
  return labels.bucket(series, bounds?.find((upper) => value <= upper) ?? Infinity);
}

const GENERATED_LABELS = new Set(["le", "quantile"]);
const FAMILY_SUFFIX = /_(?:bucket|sum|count)$/;

/**
 * What the store can check by itself of labels that series are stored with. A name may be the family's or one of its parts'.
 */
function conditionsOf(matchers: readonly LabelMatcher[]): LabelCondition[] {
  return matchers.flatMap(({ name, operator, value }): LabelCondition[] => {
    if (name !== "__name__") return [{ name, operator, value }];
    if (operator !== "=") return [];
    const family = value.replace(FAMILY_SUFFIX, "");
    const names = [...new Set([value, family])].map(escapeRegExp).join("|");
    return [{ name, operator: "=~", value: names }];
  });
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Parts of a family that Prometheus sent are series by names of their own. */
function isOfFamily(metric: string): LabelCondition {
  return { name: "__name__", operator: "=~", value: `${escapeRegExp(metric)}(_bucket|_sum|_count|_created)?` };
}

function metadataOf(series: StoredSeries): MetricMetadata {
  return { metric: series.name, type: otlpType(series), help: series.description, unit: "" };
}
