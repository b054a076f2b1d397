/** OTLP metrics to rows: a series table, and one table of points for each shape that points have. */
import type { Payload, Reader } from "@clew/otlp";
import type { OtlpSettings } from "@clew/otlp/prometheus";
import type { BlockBuilder, SignalTranscoder } from "./block-builder.ts";
import { textOf } from "./known-series.ts";
import { MetricSeries, type MetricContext, type MetricType } from "./metric-series.ts";
import { ExponentialHistogramPoints } from "./points/exponential-histogram-points.ts";
import { Exemplars } from "./points/exemplars.ts";
import { HistogramPoints } from "./points/histogram-points.ts";
import { NumberPoints } from "./points/number-points.ts";
import { SummaryPoints } from "./points/summary-points.ts";
import { takeRange, walkRecords, type Ranges, type RecordVisitor } from "./walk-records.ts";

const TYPES: Readonly<Record<number, MetricType>> = {
  42: "gauge",
  58: "sum",
  74: "histogram",
  82: "exponential_histogram",
  90: "summary",
};
const METADATA = 98;
const DATA_POINT = 10;
const TEMPORALITY = 16;
const MONOTONIC = 24;

export class MetricsTranscoder implements SignalTranscoder, RecordVisitor {
  readonly #series: MetricSeries;
  readonly #numbers: NumberPoints;
  readonly #histograms: HistogramPoints;
  readonly #exponentialHistograms: ExponentialHistogramPoints;
  readonly #summaries: SummaryPoints;
  readonly blocks: readonly BlockBuilder[];
  #resource: Ranges = [];
  #resourceSchemaUrl: Ranges = [];
  #resourceText = "";
  #scope: Ranges = [];
  #scopeSchemaUrl: Ranges = [];
  #scopeText = "";

  /** `settings`: what series are called in PromQL. */
  constructor(settings?: OtlpSettings) {
    const exemplars = new Exemplars();
    this.#series = new MetricSeries(settings);
    this.#numbers = new NumberPoints(this.#series, exemplars);
    this.#histograms = new HistogramPoints(this.#series, exemplars);
    this.#exponentialHistograms = new ExponentialHistogramPoints(this.#series, exemplars);
    this.#summaries = new SummaryPoints(this.#series);
    const points = [this.#numbers, this.#histograms, this.#exponentialHistograms, this.#summaries];
    this.blocks = [this.#series, ...points, exemplars];
  }

  add(payload: Payload): void {
    for (const chunk of payload.chunks) walkRecords(chunk, this);
  }

  resource(reader: Reader, resource: Ranges, schemaUrl: Ranges): void {
    this.#series.useResource(resource, schemaUrl);
    this.#resource = resource;
    this.#resourceSchemaUrl = schemaUrl;
    this.#resourceText = textOf(reader, resource) + textOf(reader, schemaUrl);
  }

  scope(reader: Reader, scope: Ranges, schemaUrl: Ranges): void {
    this.#series.useScope(scope, schemaUrl);
    this.#scope = scope;
    this.#scopeSchemaUrl = schemaUrl;
    this.#scopeText = textOf(reader, scope) + textOf(reader, schemaUrl);
  }

  record(reader: Reader, end: number): void {
    const name: Ranges = [0, 0];
    const description: Ranges = [0, 0];
    const unit: Ranges = [0, 0];
    const metadata: Ranges = [];
    const data: Ranges = [0, 0];
    let type: MetricType | undefined;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 10) takeRange(reader, name);
      else if (tag === 18) takeRange(reader, description);
      else if (tag === 26) takeRange(reader, unit);
      else if (tag === METADATA) {
        const range: Ranges = [];
        takeRange(reader, range);
        metadata.push(...range);
      } else if (TYPES[tag] !== undefined) {
        type = TYPES[tag];
        takeRange(reader, data);
      } else reader.skip(tag);
    }
    if (type !== undefined) this.#addPoints(reader, type, data, [name, description, unit, metadata]);
  }

  #addPoints(reader: Reader, type: MetricType, data: Ranges, head: readonly [Ranges, Ranges, Ranges, Ranges]): void {
    const [name, description, unit, metadata] = head;
    const { temporality, monotonic } = aggregation(reader, data, type);
    const headText = head.map((ranges) => textOf(reader, ranges)).join("\n");
    const text = `${type} ${temporality} ${monotonic}\n${headText}\n${this.#scopeText}\n${this.#resourceText}`;
    const context: MetricContext = {
      series: this.#series.ofMetric(text),
      name: utf8(reader, name),
      description: utf8(reader, description),
      unit: utf8(reader, unit),
      type,
      temporality,
      monotonic,
      metadata,
      resource: this.#resource,
      resourceSchemaUrl: this.#resourceSchemaUrl,
      scope: this.#scope,
      scopeSchemaUrl: this.#scopeSchemaUrl,
    };
    const points = this.#pointsOf(type);
    reader.position = data[0]!;
    while (reader.position < data[1]!) {
      const tag = reader.varint();
      if (tag === DATA_POINT) points.add(reader, reader.lengthEnd(), context);
      else reader.skip(tag);
    }
  }

  #pointsOf(type: MetricType): NumberPoints | HistogramPoints | ExponentialHistogramPoints | SummaryPoints {
    switch (type) {
      case "histogram":
        return this.#histograms;
      case "exponential_histogram":
        return this.#exponentialHistograms;
      case "summary":
        return this.#summaries;
      default:
        return this.#numbers;
    }
  }
}

/** Temporality and monotonicity may stand behind the points, so they are looked for first. */
function aggregation(reader: Reader, data: Ranges, type: MetricType): { temporality: number; monotonic: boolean } {
  const found = { temporality: 0, monotonic: false };
  if (type === "gauge" || type === "summary") return found;
  reader.position = data[0]!;
  while (reader.position < data[1]!) {
    const tag = reader.varint();
    if (tag === TEMPORALITY) found.temporality = reader.int32();
    else if (tag === MONOTONIC && type === "sum") found.monotonic = reader.varint() !== 0;
    else reader.skip(tag);
  }
  return found;
}

function utf8(reader: Reader, [start = 0, end = 0]: Ranges): string {
  return reader.bytes.toString("utf8", start, end);
}
