/**
 * Remote write's two messages, read in place: a label is two ranges of the request's bytes, whether they stand in the
 * series (1.0) or in a table of symbols (2.0).
 *
 * https://prometheus.io/docs/specs/prw/remote_write_spec/, …/remote_write_spec_2_0/
 */
import { Reader } from "@clew/otlp";
import type { LabelSets } from "./label-sets.ts";
import {
  NONE,
  type LabelRanges,
  type MessageRanges,
  type Metadata,
  type RequestExemplar,
  type RequestSeries,
  type RequestSeriesList,
} from "./request-series.ts";

export type RemoteWriteVersion = "1.0" | "2.0";

/** By their names. Only 1.0 tells it beside the series. */
type Families = ReadonlyMap<string, Metadata>;

/** The tag of a field 1 that is a message, text or packed. */
const LENGTH_DELIMITED_1 = 10;
/** The tag of a `Sample` (value 1, timestamp 2, in 2.0 start_timestamp 3), in both messages. */
export const SAMPLE = 18;

/** As both messages number them; 0 is not told. */
const TYPES = ["", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"];

/** What the requests of one endpoint are read into and with. */
export interface ReadInto {
  readonly series: RequestSeriesList;
  /** They were told of the request. */
  readonly labelSets: LabelSets;
}

/** Fills `series` anew. Throws `OTLP_MALFORMED` or `RangeError` where the bytes are not the message. */
export function readWriteRequest(bytes: Uint8Array, version: RemoteWriteVersion, into: ReadInto): Families {
  const reader = new Reader(bytes);
  into.series.clear();
  return version === "1.0" ? readV1(reader, into) : readV2(reader, into);
}

function readV1(reader: Reader, into: ReadInto): Families {
  const families = new Map<string, Metadata>();
  while (reader.position < reader.bytes.length) {
    const tag = reader.tag();
    if (tag === 10) readSeriesV1(reader, reader.lengthEnd(), into);
    else if (tag === 26) readFamily(reader, reader.lengthEnd(), families);
    else reader.skip(tag);
  }
  return families;
}

function readSeriesV1(reader: Reader, end: number, { series: list, labelSets }: ReadInto): void {
  const series = list.add();
  const labelsStart = reader.position;
  series.known = labelSets.takeExpected(reader, LENGTH_DELIMITED_1, end);
  while (reader.position < end && reader.bytes[reader.position] === LENGTH_DELIMITED_1) skipField(reader);
  const labelsEnd = reader.position;
  let isInOnePiece = true;
  let exemplars: RequestExemplar[] | undefined;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === SAMPLE) takeSample(reader, series);
    else if (tag === 26) (exemplars ??= []).push(readExemplar(reader, reader.lengthEnd(), readLabel));
    else if (tag === 34) series.histograms = withMessage(reader, series.histograms);
    else {
      isInOnePiece &&= tag !== LENGTH_DELIMITED_1;
      reader.skip(tag);
    }
  }
  checkEnd(reader, end);
  series.samplesStart = labelsEnd;
  series.samplesEnd = end;
  if (exemplars !== undefined) series.exemplars = exemplars;
  if (isInOnePiece) {
    series.labelsStart = labelsStart;
    series.labelsEnd = labelsEnd;
    series.known ??= labelSets.find(reader.bytes, labelsStart, labelsEnd);
  } else {
    series.known = undefined;
    series.labels = readLabels(reader, labelsStart, end);
  }
}

function skipField(reader: Reader): void {
  reader.skip(reader.tag());
}

/** Labels of 1.0, whatever else stands between them. */
export function readLabels(reader: Reader, start: number, end: number): LabelRanges {
  const labels: number[] = [];
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === LENGTH_DELIMITED_1) readLabel(reader, tag, labels);
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  return labels;
}

function readLabel(reader: Reader, labelTag: number, labels: number[]): void {
  if (labelTag !== LENGTH_DELIMITED_1) return reader.skip(labelTag);
  const end = reader.lengthEnd();
  let [nameStart, nameEnd, valueStart, valueEnd] = [0, 0, 0, 0];
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 10) {
      nameEnd = reader.lengthEnd();
      nameStart = reader.position;
      reader.position = nameEnd;
    } else if (tag === 18) {
      valueEnd = reader.lengthEnd();
      valueStart = reader.position;
      reader.position = valueEnd;
    } else reader.skip(tag);
  }
  checkEnd(reader, end);
  labels.push(nameStart, nameEnd, valueStart, valueEnd);
}

function readFamily(reader: Reader, end: number, families: Map<string, Metadata>): void {
  let type = 0;
  let family = "";
  let help = "";
  let unit = "";
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 8) type = reader.int32();
    else if (tag === 18) family = reader.string();
    else if (tag === 34) help = reader.string();
    else if (tag === 42) unit = reader.string();
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  families.set(family, { type: TYPES[type] ?? "", help, unit });
}

function readV2(reader: Reader, { series }: ReadInto): Families {
  const symbols = readSymbols(reader);
  reader.position = 0;
  while (reader.position < reader.bytes.length) {
    const tag = reader.tag();
    if (tag === 42) readSeriesV2(reader, reader.lengthEnd(), series.add(), symbols);
    else reader.skip(tag);
  }
  return new Map();
}

/** They may stand behind the series that use them, so they are looked for first. */
function readSymbols(reader: Reader): number[] {
  const symbols: number[] = [];
  while (reader.position < reader.bytes.length) {
    const tag = reader.tag();
    if (tag === 34) takeMessage(reader, symbols);
    else reader.skip(tag);
  }
  return symbols;
}

function readSeriesV2(reader: Reader, end: number, series: RequestSeries, symbols: readonly number[]): void {
  const labels: number[] = [];
  let exemplars: RequestExemplar[] | undefined;
  series.samplesStart = reader.position;
  series.samplesEnd = end;
  const readReferences: ReadLabels = (_reader, tag, into) => addReferences(reader, tag, into, symbols);
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) addReferences(reader, tag, labels, symbols);
    else if (tag === SAMPLE) takeSample(reader, series);
    else if (tag === 26) series.histograms = withMessage(reader, series.histograms);
    else if (tag === 34) (exemplars ??= []).push(readExemplar(reader, reader.lengthEnd(), readReferences));
    else if (tag === 42) series.metadata = readMetadata(reader, reader.lengthEnd(), symbols);
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  checkPairs(labels);
  for (const exemplar of exemplars ?? NONE) checkPairs(exemplar.labels);
  series.labels = labels;
  if (exemplars !== undefined) series.exemplars = exemplars;
}

/** Passes over it; it is read when it is written. */
function takeSample(reader: Reader, series: RequestSeries): void {
  reader.position = reader.lengthEnd();
  series.sampleCount++;
}

function readMetadata(reader: Reader, end: number, symbols: readonly number[]): Metadata {
  let type = 0;
  let help = 0;
  let unit = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 8) type = reader.int32();
    else if (tag === 24) help = reader.varint();
    else if (tag === 32) unit = reader.varint();
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  const textAt = (reference: number): string => {
    const range: number[] = [];
    if (reference !== 0) addSymbol(range, reference, symbols);
    return reader.bytes.toString("utf8", range[0] ?? 0, range[1] ?? 0);
  };
  return { type: TYPES[type] ?? "", help: textAt(help), unit: textAt(unit) };
}

/** Reads a field 1 with this tag: the labels of either message, one of them or several. */
type ReadLabels = (reader: Reader, tag: number, labels: number[]) => void;

function readExemplar(reader: Reader, end: number, readLabels: ReadLabels): RequestExemplar {
  const labels: number[] = [];
  let value = 0;
  let timestampMs = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) readLabels(reader, tag, labels);
    else if (tag === 17) value = reader.double();
    else if (tag === 24) timestampMs = Number(reader.int64());
    else reader.skip(tag);
  }
  checkEnd(reader, end);
  return { labels, value, timestampMs };
}

/** References are packed, or stand one at a time. */
function addReferences(reader: Reader, tag: number, ranges: number[], symbols: readonly number[]): void {
  if (tag !== LENGTH_DELIMITED_1) return addSymbol(ranges, reader.varint(), symbols);
  const end = reader.lengthEnd();
  while (reader.position < end) addSymbol(ranges, reader.varint(), symbols);
  checkEnd(reader, end);
}

function checkPairs(labels: LabelRanges): void {
  if (labels.length % 4 !== 0) throw new RangeError("the number of label references is not even");
}

/** Whether a message's last field ended where the message does. */
export function checkEnd(reader: Reader, end: number): void {
  if (reader.position !== end) throw new RangeError("unexpected EOF");
}

function addSymbol(ranges: number[], reference: number, symbols: readonly number[]): void {
  const start = symbols[2 * reference];
  const end = symbols[2 * reference + 1];
  if (start === undefined || end === undefined)
    throw new RangeError(`labels reference ${reference} is beyond the ${symbols.length / 2} symbols`);
  ranges.push(start, end);
}

/** The ranges and the next message's, in a list of their own: most series have none. */
function withMessage(reader: Reader, ranges: MessageRanges): MessageRanges {
  const end = reader.lengthEnd();
  const start = reader.position;
  reader.position = end;
  if (ranges === NONE) return [start, end];
  (ranges as number[]).push(start, end);
  return ranges;
}

function takeMessage(reader: Reader, ranges: number[]): void {
  const end = reader.lengthEnd();
  ranges.push(reader.position, end);
  reader.position = end;
}
