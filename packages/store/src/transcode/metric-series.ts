/**
 * Which series a data point belongs to. A series is found by the very bytes of its
 * resource, scope, metric and attributes; only when those bytes were not seen before is
 * anything decoded, the series' fingerprint worked out, and its row written.
 *
 *     bytes of resource, scope, metric head --> the metric's series
 *     attribute bytes                       --> fingerprint and the day it was last written (known-series.ts)
 */
import { createHash } from "node:crypto";
import type { Reader } from "@clew/otlp";
import { DEFAULT_OTLP_SETTINGS, NO_TRANSLATION, type OtlpSettings } from "@clew/otlp/prometheus";
import { FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { AttributeWriter } from "./attributes.ts";
import { BlockBuilder } from "./block-builder.ts";
import { fieldRanges } from "./key-values.ts";
import { AttributesText, KnownSeries, SeriesOfMetric, textOf } from "./known-series.ts";
import type { PointAttributes } from "./points/point-attributes.ts";
import { keepsNames, PrometheusNames } from "./prometheus-names.ts";
import { ResourceColumns } from "./resource-columns.ts";
import type { Ranges } from "./walk-records.ts";

export type MetricType = "gauge" | "sum" | "histogram" | "exponential_histogram" | "summary";

/** What all points of one metric in one request share. */
export interface MetricContext {
  readonly series: SeriesOfMetric;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: MetricType;
  readonly temporality: number;
  readonly monotonic: boolean;
  /** Where `Metric.metadata` KeyValues stand. */
  readonly metadata: Ranges;
  readonly resource: Ranges;
  readonly resourceSchemaUrl: Ranges;
  readonly scope: Ranges;
  readonly scopeSchemaUrl: Ranges;
}

/** How many series and metrics of processes are remembered; beyond, all are forgotten and written anew. */
const MAX_KNOWN_SERIES = 200_000;
const MAX_KNOWN_METRICS = 20_000;
const NANOS_PER_DAY = 86_400_000_000_000;

export class MetricSeries extends BlockBuilder {
  readonly table = "metric_series";

  readonly #names: PrometheusNames;
  readonly #metrics = new Map<string, SeriesOfMetric>();
  #knownCount = 0;
  readonly #shared = new ResourceColumns();
  readonly #day = new FixedColumn("Date", 2);
  readonly #locality = new FixedColumn("UInt64", 8);
  readonly #fingerprint = new FixedColumn("UInt64", 8);
  readonly #metricName = new LowCardinalityColumn();
  readonly #prometheusName = new LowCardinalityColumn();
  readonly #type = new LowCardinalityColumn();
  readonly #unit = new LowCardinalityColumn();
  readonly #description = new LowCardinalityColumn();
  readonly #temporality = new FixedColumn("UInt8", 1);
  readonly #monotonic = new FixedColumn("UInt8", 1);
  readonly #labels = new MapColumn();
  readonly #attributes = new MapColumn();
  readonly #types = new LowCardinalityColumn();
  readonly #metadata = new MapColumn();
  readonly #metadataTypes = new LowCardinalityColumn();
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes, types: this.#types });
  readonly #metadataWriter = new AttributeWriter({ values: this.#metadata, types: this.#metadataTypes });

  readonly columns: Readonly<Record<string, Column>> = {
    Day: this.#day,
    Locality: this.#locality,
    Fingerprint: this.#fingerprint,
    MetricName: this.#metricName,
    PrometheusName: this.#prometheusName,
    MetricType: this.#type,
    MetricUnit: this.#unit,
    MetricDescription: this.#description,
    AggregationTemporality: this.#temporality,
    IsMonotonic: this.#monotonic,
    Labels: this.#labels,
    Attributes: this.#attributes,
    AttributesTypes: this.#types,
    Metadata: this.#metadata,
    MetadataTypes: this.#metadataTypes,
    ...this.#shared.columns,
  };

  constructor(settings: OtlpSettings = DEFAULT_OTLP_SETTINGS) {
    super();
    this.#names = new PrometheusNames(settings);
  }

  useResource(resource: Ranges, schemaUrl: Ranges): void {
    this.#shared.useResource(resource, schemaUrl);
  }

  useScope(scope: Ranges, schemaUrl: Ranges): void {
    this.#shared.useScope(scope, schemaUrl);
  }

  /** The series of the metric whose head, scope and resource are these bytes, whose points follow. */
  ofMetric(bytes: string): SeriesOfMetric {
    let known = this.#metrics.get(bytes);
    if (known === undefined) {
      if (this.#metrics.size >= MAX_KNOWN_METRICS) this.#forgetAll();
      this.#metrics.set(bytes, (known = new SeriesOfMetric()));
    }
    known.begin();
    return known;
  }

  /** The point's series; writes the series' row when it is new or has not been seen on the point's day. */
  find(reader: Reader, context: MetricContext, attributes: PointAttributes, timeUnixNano: number): KnownSeries {
    const day = Math.floor(timeUnixNano / NANOS_PER_DAY) & 0xffff;
    if (!attributes.areExpected) return this.#lookedUp(reader, context, attributes.ranges(reader), day);
    const known = context.series.takeExpected();
    if (known.day !== day) this.#writeDay(reader, known, context, attributes.ranges(reader), day);
    return known;
  }

  #lookedUp(reader: Reader, context: MetricContext, attributes: Ranges, day: number): KnownSeries {
    const text = new AttributesText(reader, attributes);
    const known = context.series.find(text);
    if (known === undefined) return this.#add(reader, context, attributes, text, day);
    if (known.day !== day) this.#writeDay(reader, known, context, attributes, day);
    return known;
  }

  #add(reader: Reader, context: MetricContext, attributes: Ranges, text: AttributesText, day: number): KnownSeries {
    if (this.#knownCount >= MAX_KNOWN_SERIES) this.#forgetAll();
    const series = new KnownSeries(
      localityOf(reader, context),
      fingerprintOf(reader, context, attributes, this.#names.mark),
      text,
      day,
    );
    context.series.add(series);
    this.#knownCount++;
    this.#writeRow(reader, series, context, attributes);
    return series;
  }

  #writeDay(reader: Reader, series: KnownSeries, context: MetricContext, attributes: Ranges, day: number): void {
    series.day = day;
    this.#writeRow(reader, series, context, attributes);
  }

  #forgetAll(): void {
    this.#metrics.clear();
    this.#knownCount = 0;
  }

  #writeRow(reader: Reader, series: KnownSeries, context: MetricContext, attributes: Ranges): void {
    const position = reader.position;
    this.#shared.addRow(reader);
    this.#shared.settle();
    this.#day.values.u8(series.day & 255);
    this.#day.values.u8(series.day >> 8);
    series.put(this.#locality, this.#fingerprint);
    this.#metricName.addText(context.name);
    this.#prometheusName.addText(this.#names.nameOf(reader, context));
    this.#type.addText(context.type);
    this.#unit.addText(context.unit);
    this.#description.addText(context.description);
    this.#temporality.values.u8(Math.min(Math.max(context.temporality, 0), 255));
    this.#monotonic.values.u8(context.monotonic ? 1 : 0);
    this.#writeLabels(reader, context, attributes);
    addAll(reader, this.#attributeWriter, attributes);
    addAll(reader, this.#metadataWriter, context.metadata);
    this.rows++;
    reader.position = position;
  }

  #writeLabels(reader: Reader, context: MetricContext, attributes: Ranges): void {
    for (const [name, value] of this.#names.labelsOf(reader, context, attributes)) {
      this.#labels.keys.addText(name);
      this.#labels.values.addText(value);
    }
    this.#labels.endRow();
  }
}

function addAll(reader: Reader, writer: AttributeWriter, ranges: Ranges): void {
  for (let i = 0; i < ranges.length; i += 2) {
    reader.position = ranges[i]!;
    writer.add(reader, ranges[i + 1]!);
  }
  writer.endRow();
}

/** The first 64 bits of SHA-256 over everything that tells one series from another, attribute order aside. */
function fingerprintOf(reader: Reader, context: MetricContext, attributes: Ranges, mark: string): bigint {
  const hash = createHash("sha256");
  const { name, unit, type, temporality, monotonic } = context;
  hash.update(JSON.stringify([name, unit, type, temporality, monotonic]));
  for (const ranges of [attributes, fieldRanges(reader, context.resource, 10), fieldRanges(reader, context.scope, 26)])
    hash.update(sortedTexts(reader, ranges));
  const schemaUrls = [context.resourceSchemaUrl, context.scopeSchemaUrl].map((ranges) => textOf(reader, ranges));
  hash.update(JSON.stringify([...nameAndVersion(reader, context.scope), ...schemaUrls]));
  hash.update(keepsNames(reader, context) ? NO_TRANSLATION : mark);
  return hash.digest().readBigUInt64LE(0);
}

/** 32 bits of the metric's name before 32 bits of its resource. */
function localityOf(reader: Reader, context: MetricContext): bigint {
  const resource = sortedTexts(reader, fieldRanges(reader, context.resource, 10));
  return (hash32(context.name) << 32n) | hash32(resource);
}

function hash32(text: string): bigint {
  return BigInt(createHash("sha256").update(text).digest().readUInt32LE(0));
}

function sortedTexts(reader: Reader, ranges: Ranges): string {
  const texts: string[] = [];
  for (let i = 0; i < ranges.length; i += 2) texts.push(reader.bytes.toString("latin1", ranges[i], ranges[i + 1]));
  return JSON.stringify(texts.sort());
}

function nameAndVersion(reader: Reader, scope: Ranges): string[] {
  return [fieldRanges(reader, scope, 10), fieldRanges(reader, scope, 18)].map((ranges) => textOf(reader, ranges));
}
