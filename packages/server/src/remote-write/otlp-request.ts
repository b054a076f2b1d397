/** A request of remote write as a request of OTLP: one metric for each name, all its series as points. */
import { payloadOfOwn, Reader, Writer, type Payload } from "@clew/otlp";
import { NATIVE_HISTOGRAM, NO_TRANSLATION, PROMETHEUS_METADATA } from "@clew/otlp/prometheus";
import { CUSTOM_BUCKETS_SCHEMA } from "@clew/query";
import type { LabelSets } from "./label-sets.ts";
import { HistogramError, readHistogram, type HistogramSample } from "./histogram-message.ts";
import { numberAttributes, PointWriter, SampleView } from "./point-writer.ts";
import { areText, duplicateName, labelsOf, nameAt, textOf } from "./series-labels.ts";
import {
  NONE,
  type LabelRanges,
  type Metadata,
  type RequestExemplar,
  type RequestSeries,
  type RequestSeriesList,
} from "./request-series.ts";
import { readLabels, SAMPLE } from "./write-request.ts";

/** How far ahead of our clock a sample may be. */
const MAX_AHEAD_MS = 600_000;
/** The last millisecond that fits the store's times. */
const LATEST_MS = 9_223_372_036_854;
/** So many faults are told of one request. */
const MAX_FAULTS = 10;
const CUMULATIVE = 2;
const RESOURCE_METRICS = 1;
const SCOPE_METRICS = 2;
/** What the tags and lengths of those two may take. */
const HEADS = 12;
const GAUGE = 5;
const HISTOGRAM = 9;
const EXPONENTIAL_HISTOGRAM = 10;
const TOO_FAR_AHEAD = "out of bounds: timestamp is too far in the future";
const OUT_OF_BOUNDS = "out of bounds";

export interface Written {
  samples: number;
  histograms: number;
  exemplars: number;
}

export interface OtlpRequest {
  /** Undefined where there is nothing to store. */
  readonly payload: Payload | undefined;
  readonly written: Readonly<Written>;
  /** Series that were left out for their labels. */
  readonly badLabels: readonly string[];
  /** How many samples and histograms those had. */
  readonly invalidLabelSamples: number;
  /** Samples that were left out for their times or for what they say. */
  readonly badSamples: readonly string[];
}

/** The series of one metric, whose labels are right. */
interface Family {
  readonly name: string;
  metadata: Metadata | undefined;
  readonly all: RequestSeries[];
}

export interface OtlpRequestSettings {
  /** Asked for series that bring none. */
  readonly metadataOf: (name: string) => Metadata | undefined;
  readonly labelSets: LabelSets;
  readonly nowMs: number;
}

interface HistogramOf {
  readonly labels: LabelRanges;
  readonly sample: HistogramSample;
}

/** Throws what reading throws. */
export function otlpRequest(bytes: Buffer, series: RequestSeriesList, settings: OtlpRequestSettings): OtlpRequest {
  return new RequestWriter(bytes, settings).write(series);
}

class RequestWriter {
  readonly #bytes: Buffer;
  readonly #settings: OtlpRequestSettings;
  readonly #latestMs: number;
  readonly #writer: Writer;
  readonly #points: PointWriter;
  readonly #reader: Reader;
  /** Another one, as labels are read while samples are. */
  readonly #labelReader: Reader;
  readonly #sample = new SampleView();
  readonly #written: Written = { samples: 0, histograms: 0, exemplars: 0 };
  readonly #badLabels: string[] = [];
  readonly #badSamples: string[] = [];
  #invalidLabelSamples = 0;
  #metrics = 0;

  constructor(bytes: Buffer, settings: OtlpRequestSettings) {
    this.#bytes = bytes;
    this.#settings = settings;
    this.#latestMs = Math.min(settings.nowMs + MAX_AHEAD_MS, LATEST_MS);
    this.#writer = new Writer(Math.ceil(1.25 * bytes.length) + 1_024, HEADS);
    this.#points = new PointWriter(this.#writer, bytes);
    this.#reader = new Reader(bytes);
    this.#labelReader = new Reader(bytes);
  }

  write(series: RequestSeriesList): OtlpRequest {
    for (const family of this.#families(series)) {
      family.metadata ??= this.#settings.metadataOf(family.name);
      this.#family(family);
    }
    return {
      payload: this.#metrics === 0 ? undefined : this.#payload(),
      written: this.#written,
      badLabels: this.#badLabels,
      badSamples: this.#badSamples,
      invalidLabelSamples: this.#invalidLabelSamples,
    };
  }

  /** All metrics are those of one scope and one resource, which nothing is told of. */
  #payload(): Payload {
    this.#writer.prependHead(SCOPE_METRICS);
    this.#writer.prependHead(RESOURCE_METRICS);
    return payloadOfOwn("metrics", this.#writer.take(), {
      resources: 1,
      metrics: this.#metrics,
      items: this.#points.count,
    });
  }

  #families(all: RequestSeriesList): Iterable<Family> {
    const families = new Map<string, Family>();
    let family: Family | undefined;
    for (let i = 0; i < all.length; i++) {
      const series = all.at(i);
      const name = series.known?.name ?? this.#checkedName(series);
      if (name === undefined) {
        this.#invalidLabelSamples += series.sampleCount + series.histograms.length / 2;
        continue;
      }
      // Most stand beside others of their metric.
      if (family?.name !== name) family = families.get(name);
      if (family === undefined) families.set(name, (family = { name, metadata: series.metadata, all: [series] }));
      else family.all.push(series);
    }
    return families.values();
  }

  #labels(series: RequestSeries): LabelRanges {
    return (series.labels ??= readLabels(this.#labelReader, series.labelsStart, series.labelsEnd));
  }

  /** The metric's, where the labels are right, which are remembered then. */
  #checkedName(series: RequestSeries): string | undefined {
    const name = this.#nameAmong(this.#labels(series));
    if (name !== undefined) this.#remember(series, name);
    return name;
  }

  /** Where its labels stand in one piece and there is room for them. */
  #remember(series: RequestSeries, name: string): void {
    const { labelSets } = this.#settings;
    if (series.labelsStart < 0 || !labelSets.hasRoom) return;
    const attributes = numberAttributes(this.#bytes, this.#labels(series));
    series.known = labelSets.add(this.#bytes, series.labelsStart, series.labelsEnd, { name, attributes });
  }

  #nameAmong(labels: LabelRanges): string | undefined {
    const at = nameAt(this.#bytes, labels);
    if (at < 0 || labels[at + 2] === labels[at + 3] || !areText(this.#bytes, labels)) {
      this.#tell(this.#badLabels, () => `invalid metric name or labels, got ${this.#labelsText(labels)}`);
      return undefined;
    }
    const duplicate = duplicateName(this.#bytes, labels);
    if (duplicate === undefined) return textOf(this.#bytes, labels, at + 2);
    const text = (): string => this.#labelsText(labels);
    this.#tell(this.#badLabels, () => `invalid labels for series, labels ${text()}, duplicated label ${duplicate}`);
    return undefined;
  }

  #family(family: Family): void {
    const { all } = family;
    if (all.some(({ sampleCount, exemplars }) => sampleCount + exemplars.length > 0))
      this.#metric(family, GAUGE, () => all.forEach((one) => this.#numbers(one)));
    if (all.every((series) => series.histograms.length === 0)) return;
    const histograms = all.flatMap((series) => this.#histograms(series));
    const isCustom = ({ sample }: HistogramOf): boolean => sample.schema === CUSTOM_BUCKETS_SCHEMA;
    this.#histogramMetric(family, HISTOGRAM, histograms.filter(isCustom));
    this.#histogramMetric(
      family,
      EXPONENTIAL_HISTOGRAM,
      histograms.filter((one) => !isCustom(one)),
    );
  }

  #histogramMetric(family: Family, field: number, histograms: readonly HistogramOf[]): void {
    if (histograms.length === 0) return;
    this.#metric(family, field, () => {
      for (const { labels, sample } of histograms) this.#points.histogram(labels, sample);
      this.#writer.uint(2, CUMULATIVE);
    });
  }

  /** Nothing is left of a metric without points. */
  #metric({ name, metadata }: Family, field: number, writePoints: () => void): void {
    const writer = this.#writer;
    const before = writer.byteLength;
    const metric = writer.beginLong(2);
    writer.string(1, name);
    if (metadata !== undefined && metadata.help !== "") writer.string(2, metadata.help);
    const data = writer.beginLong(field);
    const { count } = this.#points;
    writePoints();
    if (this.#points.count === count) return writer.truncate(before);
    this.#metrics++;
    writer.endLong(data);
    this.#metadata(PROMETHEUS_METADATA.translation, NO_TRANSLATION);
    if (field === HISTOGRAM) this.#metadata(PROMETHEUS_METADATA.histogram, NATIVE_HISTOGRAM);
    this.#metadata(PROMETHEUS_METADATA.type, metadata?.type ?? "");
    this.#metadata(PROMETHEUS_METADATA.unit, metadata?.unit ?? "");
    writer.endLong(metric);
  }

  #metadata(key: string, value: string): void {
    if (value === "") return;
    const pair = this.#writer.begin(12);
    this.#writer.string(1, key);
    const text = this.#writer.begin(2);
    this.#writer.string(1, value);
    this.#writer.end(text);
    this.#writer.end(pair);
  }

  #numbers(series: RequestSeries): void {
    const { exemplars } = series;
    const labels = series.known?.attributes ?? this.#labels(series);
    const reader = this.#reader;
    const sample = this.#sample;
    let inTime: readonly RequestExemplar[] = exemplars;
    if (exemplars.length > 0)
      inTime = exemplars.filter(({ timestampMs }) => this.#timeFault(timestampMs) === undefined);
    reader.position = series.samplesStart;
    for (let left = series.sampleCount; left > 0; left--) {
      sample.read(reader, sampleEnd(reader));
      if (!this.#isInTime(sample.timestampMs, series)) continue;
      this.#points.number(labels, sample, inTime);
      this.#written.samples++;
      this.#written.exemplars += inTime.length;
      inTime = NONE;
    }
    if (inTime.length === 0) return;
    this.#points.exemplarsOnly(labels, inTime);
    this.#written.exemplars += inTime.length;
  }

  #histograms(series: RequestSeries): HistogramOf[] {
    const { histograms } = series;
    const found: HistogramOf[] = [];
    for (let i = 0; i < histograms.length; i += 2) {
      const sample = this.#histogram(histograms[i]!, histograms[i + 1]!, series);
      if (sample === undefined || !this.#isInTime(sample.timestampMs, series)) continue;
      found.push({ labels: this.#labels(series), sample });
      this.#written.histograms++;
    }
    return found;
  }

  #histogram(start: number, end: number, series: RequestSeries): HistogramSample | undefined {
    this.#reader.position = start;
    try {
      return readHistogram(this.#reader, end);
    } catch (error) {
      if (!(error instanceof HistogramError)) throw error;
      this.#tell(this.#badSamples, () => `${error.message} for series ${this.#labelsText(this.#labels(series))}`);
      return undefined;
    }
  }

  #isInTime(timestampMs: number, series: RequestSeries): boolean {
    const fault = this.#timeFault(timestampMs);
    if (fault === undefined) return true;
    this.#tell(this.#badSamples, () => `${fault} for series ${this.#labelsText(this.#labels(series))}`);
    return false;
  }

  #timeFault(timestampMs: number): string | undefined {
    if (timestampMs > this.#latestMs) return TOO_FAR_AHEAD;
    return timestampMs < 0 ? OUT_OF_BOUNDS : undefined;
  }

  #tell(faults: string[], fault: () => string): void {
    if (faults.length < MAX_FAULTS) faults.push(fault());
  }

  #labelsText(labels: LabelRanges): string {
    return labelsOf(this.#bytes, labels).toString();
  }
}

/** Moves to the next sample, which there is, and returns where it ends. */
function sampleEnd(reader: Reader): number {
  for (let tag = reader.tag(); tag !== SAMPLE; tag = reader.tag()) reader.skip(tag);
  return reader.lengthEnd();
}
