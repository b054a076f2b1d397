/** Reads Prometheus's protobuf format: `io.prometheus.client.MetricFamily` messages, each behind its length. */
import { Reader } from "@clew/otlp";
import { malformed } from "./series.ts";
import type { BucketSpan, Exemplar, MetricType, NativeBuckets, NativeHistogram, ScrapeSink } from "./sink.ts";

const TYPES: readonly MetricType[] = ["counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram"];

export interface ProtobufOptions {
  /** Whether native histograms are taken; else their classic buckets are. */
  readonly native: boolean;
  /** Whether the classic buckets are taken beside a native histogram. */
  readonly classicToo: boolean;
}

interface Family {
  readonly name: string;
  readonly type: MetricType;
}

/** Throws `SCRAPE_MALFORMED`; what came before was given to `sink`. */
export function parseProtobuf(page: Uint8Array, sink: ScrapeSink, options: ProtobufOptions): void {
  const reader = new Reader(page);
  try {
    while (reader.position < page.length) readFamily(reader.span(), sink, options);
  } catch (cause) {
    throw malformed(`byte ${reader.position}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Calls `take` for each field of the message that is all of `bytes`. `take` says whether it read the value. */
function eachField(bytes: Uint8Array, take: (field: number, reader: Reader) => boolean): void {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (!take(tag >>> 3, reader)) reader.skip(tag);
  }
}

function readFamily(bytes: Uint8Array, sink: ScrapeSink, options: ProtobufOptions): void {
  let [name, help, unit, type] = ["", "", "", 0];
  const metrics: Buffer[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) help = reader.string();
    else if (field === 3) type = reader.int32();
    else if (field === 4) metrics.push(reader.span());
    else if (field === 5) unit = reader.string();
    else return false;
    return true;
  });
  const family = { name, type: TYPES[type] ?? "unknown" };
  sink.type(name, family.type);
  sink.help(name, help);
  if (unit !== "") sink.unit(name, unit);
  for (const metric of metrics) readMetric(metric, family, sink, options);
}

function readMetric(bytes: Uint8Array, family: Family, sink: ScrapeSink, options: ProtobufOptions): void {
  const labels: [string, string][] = [];
  let timestampMs: number | undefined;
  let value: { readonly field: number; readonly bytes: Buffer } | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) labels.push(labelPair(reader.span()));
    else if (field === 6) timestampMs = Number(reader.int64());
    else if (field <= 7) value = { field, bytes: reader.span() };
    else return false;
    return true;
  });
  if (value === undefined) return;
  const series = (suffix: string, ...more: [string, string][]): string =>
    seriesText(family.name + suffix, [...labels, ...more]);
  const sample = { series, timestampMs, sink };
  if (value.field === 4) readSummary(value.bytes, sample);
  else if (value.field === 7) readHistogram(value.bytes, sample, options);
  else readNumber(value.bytes, sample);
}

interface SampleTarget {
  readonly series: (suffix: string, ...more: [string, string][]) => string;
  readonly timestampMs: number | undefined;
  readonly sink: ScrapeSink;
}

/** A gauge, counter or untyped value: they number their fields alike. */
function readNumber(bytes: Uint8Array, { series, timestampMs, sink }: SampleTarget): void {
  let value = 0;
  let exemplar: Exemplar | undefined;
  let startTimeMs: number | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) value = reader.double();
    else if (field === 2) exemplar = readExemplar(reader.span());
    else if (field === 3) startTimeMs = timeMs(reader.span());
    else return false;
    return true;
  });
  sink.sample(series(""), value, timestampMs, exemplar, startTimeMs);
}

function readSummary(bytes: Uint8Array, { series, timestampMs, sink }: SampleTarget): void {
  let [count, sum] = [0, 0];
  let startTimeMs: number | undefined;
  const quantiles: [number, number][] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) count = reader.varint();
    else if (field === 2) sum = reader.double();
    else if (field === 3) quantiles.push(twoDoubles(reader.span()));
    else if (field === 4) startTimeMs = timeMs(reader.span());
    else return false;
    return true;
  });
  sink.sample(series("_count"), count, timestampMs, undefined, startTimeMs);
  sink.sample(series("_sum"), sum, timestampMs, undefined);
  for (const [quantile, value] of quantiles) {
    sink.sample(series("", ["quantile", String(quantile)]), value, timestampMs, undefined);
  }
}

interface Bucket {
  readonly bound: number;
  readonly count: number;
  readonly exemplar: Exemplar | undefined;
}

function readHistogram(bytes: Uint8Array, target: SampleTarget, { native, classicToo }: ProtobufOptions): void {
  const fields = histogramFields(bytes);
  const { series, timestampMs, sink } = target;
  const isNative = native && fields.isNative;
  if (isNative) sink.histogram(series(""), fields.native(), timestampMs, fields.exemplars, fields.startTimeMs);
  if (isNative && !classicToo) return;
  sink.sample(series("_count"), fields.count, timestampMs, undefined, fields.startTimeMs);
  sink.sample(series("_sum"), fields.sum, timestampMs, undefined);
  for (const { bound, count, exemplar } of fields.buckets) {
    sink.sample(series("_bucket", ["le", boundText(bound)]), count, timestampMs, exemplar);
  }
  if (fields.buckets.at(-1)?.bound !== Infinity) {
    sink.sample(series("_bucket", ["le", "+Inf"]), fields.count, timestampMs, undefined);
  }
}

/** What a histogram says, whichever way it says it. */
class HistogramFields {
  #count = 0;
  #floatCount = 0;
  sum = 0;
  schema = 0;
  zeroThreshold = 0;
  #zeroCount = 0;
  #floatZeroCount = 0;
  startTimeMs: number | undefined;
  readonly buckets: Bucket[] = [];
  readonly exemplars: Exemplar[] = [];
  readonly #sides = {
    positive: { spans: [] as BucketSpan[], deltas: [] as number[], counts: [] as number[] },
    negative: { spans: [] as BucketSpan[], deltas: [] as number[], counts: [] as number[] },
  };

  get count(): number {
    return this.#floatCount > 0 ? this.#floatCount : this.#count;
  }

  /** A native histogram has a zero bucket or spans, be they empty. */
  get isNative(): boolean {
    const { positive, negative } = this.#sides;
    return positive.spans.length > 0 || negative.spans.length > 0 || this.zeroThreshold > 0 || this.#zeroCount > 0;
  }

  native(): NativeHistogram {
    return {
      schema: this.schema,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.#floatZeroCount > 0 ? this.#floatZeroCount : this.#zeroCount,
      count: this.count,
      sum: this.sum,
      positive: bucketsOf(this.#sides.positive),
      negative: bucketsOf(this.#sides.negative),
    };
  }

  read(field: number, reader: Reader): boolean {
    const { positive, negative } = this.#sides;
    if (field === 1) this.#count = reader.varint();
    else if (field === 2) this.sum = reader.double();
    else if (field === 3) this.buckets.push(readBucket(reader.span()));
    else if (field === 4) this.#floatCount = reader.double();
    else if (field === 5) this.schema = reader.sint32();
    else if (field === 6) this.zeroThreshold = reader.double();
    else if (field === 7) this.#zeroCount = reader.varint();
    else if (field === 8) this.#floatZeroCount = reader.double();
    else if (field === 9) negative.spans.push(readSpan(reader.span()));
    else if (field === 12) positive.spans.push(readSpan(reader.span()));
    else if (field === 15) this.startTimeMs = timeMs(reader.span());
    else if (field === 16) this.exemplars.push(readExemplar(reader.span()));
    else return false;
    return true;
  }

  /** The counts, which come packed or one by one. */
  readCounts(field: number, wireType: number, reader: Reader): boolean {
    const { positive, negative } = this.#sides;
    const side = field === 10 || field === 11 ? negative : positive;
    const isDelta = field === 10 || field === 13;
    if (!isDelta && field !== 11 && field !== 14) return false;
    const read = isDelta ? () => side.deltas.push(zigzag(reader.varint64())) : () => side.counts.push(reader.double());
    const end = wireType === LENGTH_DELIMITED ? reader.lengthEnd() : reader.position + 1;
    while (reader.position < end) read();
    return true;
  }
}

const LENGTH_DELIMITED = 2;

function histogramFields(bytes: Uint8Array): HistogramFields {
  const fields = new HistogramFields();
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (!fields.readCounts(field, wireType, reader) && !fields.read(field, reader)) reader.skip(tag);
  }
  return fields;
}

function bucketsOf(side: { spans: BucketSpan[]; deltas: number[]; counts: number[] }): NativeBuckets {
  if (side.counts.length > 0) return { spans: side.spans, counts: side.counts };
  let count = 0;
  return { spans: side.spans, counts: side.deltas.map((delta) => (count += delta)) };
}

function readBucket(bytes: Uint8Array): Bucket {
  let [bound, count, floatCount] = [0, 0, 0];
  let exemplar: Exemplar | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) count = reader.varint();
    else if (field === 2) bound = reader.double();
    else if (field === 3) exemplar = readExemplar(reader.span());
    else if (field === 4) floatCount = reader.double();
    else return false;
    return true;
  });
  return { bound, count: floatCount > 0 ? floatCount : count, exemplar };
}

function readSpan(bytes: Uint8Array): BucketSpan {
  let [offset, length] = [0, 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) offset = reader.sint32();
    else if (field === 2) length = reader.uint32();
    else return false;
    return true;
  });
  return { offset, length };
}

function readExemplar(bytes: Uint8Array): Exemplar {
  const labels = new Map<string, string>();
  let value = 0;
  let timestampMs: number | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) labels.set(...labelPair(reader.span()));
    else if (field === 2) value = reader.double();
    else if (field === 3) timestampMs = timeMs(reader.span());
    else return false;
    return true;
  });
  return { labels, value, timestampMs };
}

function labelPair(bytes: Uint8Array): [string, string] {
  let [name, value] = ["", ""];
  eachField(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return [name, value];
}

function twoDoubles(bytes: Uint8Array): [number, number] {
  const read: [number, number] = [0, 0];
  eachField(bytes, (field, reader) => {
    if (field !== 1 && field !== 2) return false;
    read[field - 1] = reader.double();
    return true;
  });
  return read;
}

/** A `google.protobuf.Timestamp`. */
function timeMs(bytes: Uint8Array): number {
  let [seconds, nanos] = [0, 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) seconds = Number(reader.int64());
    else if (field === 2) nanos = reader.int32();
    else return false;
    return true;
  });
  return seconds * 1_000 + Math.floor(nanos / 1_000_000);
}

function zigzag(value: bigint): number {
  return Number((value >> 1n) ^ -(value & 1n));
}

/** As the text formats write a bound, so that `1` is `1.0` in both. */
function boundText(bound: number): string {
  if (bound === Infinity) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** The series in the text format's words, which the sink knows series by. */
function seriesText(name: string, labels: Iterable<[string, string]>): string {
  const pairs = [...labels].map(([label, value]) => `${quoted(label)}=${quoted(value)}`);
  return `{${[quoted(name), ...pairs].join(",")}}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
