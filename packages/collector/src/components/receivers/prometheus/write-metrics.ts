/** Writes what a scrape found as an OTLP request. Bytes at once: no object a point. */
import { nanosParts, type Writer } from "@clew/otlp";
import type { Exemplar, NativeBuckets } from "./exposition/sink.ts";
import { Group, type Family, type PointKind, type ScrapedResource, type ScrapedScope } from "./family.ts";
import { trimmedName, ucumUnit } from "./unit.ts";

const CUMULATIVE = 2;
const NO_RECORDED_VALUE = 1;

/** Number of the field of attributes in each kind of point. */
export const ATTRIBUTES_FIELD: Readonly<Record<PointKind, number>> = {
  gauge: 7,
  sum: 7,
  histogram: 9,
  exponential: 1,
  summary: 7,
};
/** Number of the field of each kind in a metric. */
const DATA_FIELD: Readonly<Record<PointKind, number>> = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponential: 10,
  summary: 11,
};

export interface ScrapedMetrics {
  readonly families: readonly Family[];
  readonly attributesOf: (resource: ScrapedResource) => ReadonlyMap<string, string>;
  readonly trimSuffixes: boolean;
}

/** Writes it behind what `writer` holds, and returns how many points that were. */
export function writeMetrics({ families, attributesOf, trimSuffixes }: ScrapedMetrics, writer: Writer): number {
  let points = 0;
  for (const [resource, ofResource] of grouped(families, (family) => family.resource)) {
    const sound = ofResource.filter((family) => soundGroups(family).length > 0);
    if (sound.length === 0) continue;
    const start = writer.begin(1);
    const resourceStart = writer.begin(1);
    writeAttributes(writer, 1, attributesOf(resource));
    writer.end(resourceStart);
    for (const [scope, ofScope] of grouped(sound, (family) => family.scope)) {
      points += writeScope(writer, scope, ofScope, trimSuffixes);
    }
    writer.end(start);
  }
  return points;
}

function grouped<K, V>(items: readonly V[], keyOf: (item: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function writeScope(writer: Writer, scope: ScrapedScope, families: readonly Family[], trimSuffixes: boolean): number {
  let points = 0;
  const start = writer.begin(2);
  const scopeStart = writer.begin(1);
  if (scope.name !== "") writer.string(1, scope.name);
  if (scope.version !== "") writer.string(2, scope.version);
  writeAttributes(writer, 3, scope.attributes);
  writer.end(scopeStart);
  for (const family of families) points += writeFamily(writer, family, trimSuffixes);
  if (scope.schemaUrl !== "") writer.string(3, scope.schemaUrl);
  writer.end(start);
  return points;
}

export function writeAttributes(writer: Writer, field: number, attributes: Iterable<readonly [string, string]>): void {
  for (const [key, value] of attributes) {
    const start = writer.begin(field);
    writer.string(1, key);
    const valueStart = writer.begin(2);
    writer.string(1, value);
    writer.end(valueStart);
    writer.end(start);
  }
}

function writeFamily(writer: Writer, family: Family, trimSuffixes: boolean): number {
  const { kind, metadata } = family;
  const groups = soundGroups(family);
  const start = writer.begin(2);
  writer.string(1, trimSuffixes ? trimmedName(family.name, kind === "sum", metadata.unit) : family.name);
  if (metadata.help !== "") writer.string(2, metadata.help);
  if (metadata.unit !== "") writer.string(3, ucumUnit(metadata.unit));
  const dataStart = writer.begin(DATA_FIELD[kind]);
  for (const group of groups) {
    const pointStart = writer.begin(1);
    POINT[kind](writer, group);
    writer.raw(group.attributes);
    writer.end(pointStart);
  }
  if (kind === "sum" || kind === "histogram" || kind === "exponential") writer.uint(2, CUMULATIVE);
  if (kind === "sum" && metadata.type === "counter") writer.bool(3, true);
  writer.end(dataStart);
  writeAttributes(writer, 12, [["prometheus.type", metadata.type]]);
  writer.end(start);
  return groups.length;
}

/** Groups that are a point. A histogram or summary without a count is none, nor is one that contradicts itself. */
function soundGroups({ kind, groups }: Family): readonly Group[] {
  if (kind === "gauge" || kind === "sum") return groups.filter(({ hasValue }) => hasValue);
  if (kind !== "histogram") return groups.filter(({ hasCount }) => hasCount);
  return groups.filter((group) => group.hasCount && (group.isStale || isRising(group)));
}

function isRising(group: Group): boolean {
  group.sortBoundaries();
  let previous = 0;
  for (const [i, value] of group.boundaryValues.entries()) {
    if (group.boundaries[i] === Infinity) break;
    if (!(value >= previous)) return false;
    previous = value;
  }
  return group.count >= previous;
}

type WritePoint = (writer: Writer, group: Group) => void;

const writeNumber: WritePoint = (writer, group) => {
  writeTime(writer, 3, group.timestampMs);
  if (group.isStale) writer.uint(8, NO_RECORDED_VALUE);
  else writer.double(4, group.value);
  for (const exemplar of group.exemplars) writeExemplar(writer, 5, exemplar, group.timestampMs);
};

const POINT: Readonly<Record<PointKind, WritePoint>> = {
  gauge: writeNumber,
  sum(writer, group) {
    writeTime(writer, 2, group.startTimeMs);
    writeNumber(writer, group);
  },
  histogram(writer, group) {
    writeTime(writer, 2, group.startTimeMs);
    writeTime(writer, 3, group.timestampMs);
    if (group.isStale) writer.uint(10, NO_RECORDED_VALUE);
    else {
      writeCount(writer, 4, group.count);
      if (group.hasSum) writer.double(5, group.sum);
    }
    writeBuckets(writer, group);
    for (const exemplar of group.exemplars) writeExemplar(writer, 8, exemplar, group.timestampMs);
  },
  summary(writer, group) {
    writeTime(writer, 2, group.startTimeMs);
    writeTime(writer, 3, group.timestampMs);
    if (group.isStale) writer.uint(8, NO_RECORDED_VALUE);
    else {
      writeCount(writer, 4, group.count);
      if (group.hasSum) writer.double(5, group.sum);
    }
    group.sortBoundaries();
    for (const [i, quantile] of group.boundaries.entries()) {
      const start = writer.begin(6);
      if (quantile !== 0) writer.double(1, quantile);
      if (!group.isStale) writer.double(2, group.boundaryValues[i]!);
      writer.end(start);
    }
  },
  exponential(writer, group) {
    writeTime(writer, 2, group.startTimeMs);
    writeTime(writer, 3, group.timestampMs);
    const { native } = group;
    if (group.isStale || native === undefined) return writer.uint(10, NO_RECORDED_VALUE);
    writeCount(writer, 4, native.count);
    writer.double(5, native.sum);
    writer.sint32(6, native.schema);
    writeCount(writer, 7, native.zeroCount);
    writeNative(writer, 8, native.positive);
    writeNative(writer, 9, native.negative);
    for (const exemplar of group.exemplars) writeExemplar(writer, 11, exemplar, group.timestampMs);
    if (native.zeroThreshold !== 0) writer.double(14, native.zeroThreshold);
  },
};

/** Prometheus counts up to each bound, OTLP between bounds; the last bucket has no bound. */
function writeBuckets(writer: Writer, group: Group): void {
  group.sortBoundaries();
  const { boundaries, boundaryValues, isStale, count } = group;
  const bounded = boundaries.at(-1) === Infinity ? boundaries.length - 1 : boundaries.length;
  const counts = writer.begin(6);
  let previous = 0;
  for (let i = 0; i < bounded; i++) {
    writer.rawFixed64(isStale ? 0n : BigInt(Math.trunc(boundaryValues[i]! - previous)));
    previous = boundaryValues[i]!;
  }
  writer.rawFixed64(isStale ? 0n : BigInt(Math.trunc(count - previous)));
  writer.end(counts);
  if (bounded === 0) return;
  const bounds = writer.begin(7);
  for (let i = 0; i < bounded; i++) writer.rawDouble(boundaries[i]!);
  writer.end(bounds);
}

/** Prometheus numbers a bucket by its upper bound, OTLP by its lower one. Gaps become empty buckets. */
function writeNative(writer: Writer, field: number, { spans, counts }: NativeBuckets): void {
  if (spans.length === 0) return;
  const start = writer.begin(field);
  writer.sint32(1, spans[0]!.offset - 1);
  const countsStart = writer.begin(2);
  let next = 0;
  for (const [i, { offset, length }] of spans.entries()) {
    for (let gap = i === 0 ? 0 : offset; gap > 0; gap--) writer.varint(0);
    for (let left = length; left > 0; left--) writer.varint(Math.max(0, Math.trunc(counts[next++] ?? 0)));
  }
  writer.end(countsStart);
  writer.end(start);
}

function writeExemplar(writer: Writer, field: number, exemplar: Exemplar, defaultTimeMs: number): void {
  const start = writer.begin(field);
  writeTime(writer, 2, exemplar.timestampMs ?? defaultTimeMs);
  writer.double(3, exemplar.value);
  for (const [name, value] of exemplar.labels) {
    const id = idField(name.toLowerCase(), value);
    if (id !== undefined) writer.bytes(id, Buffer.from(value, "hex"));
    else if (value !== "" || !isIdName(name)) writeAttributes(writer, 7, [[name, value]]);
  }
  writer.end(start);
}

function isIdName(name: string): boolean {
  return ["trace_id", "span_id"].includes(name.toLowerCase());
}

/** The field for an id that is one: of OTLP's width, and not all zeros. */
function idField(name: string, value: string): number | undefined {
  if (!/^[\da-f]+$/i.test(value) || /^0+$/.test(value)) return undefined;
  if (name === "span_id" && value.length === 16) return 4;
  return name === "trace_id" && value.length === 32 ? 5 : undefined;
}

/** A `fixed64` of nanoseconds, left out when 0. */
function writeTime(writer: Writer, field: number, timeMs: number): void {
  if (timeMs <= 0) return;
  const seconds = Math.floor(timeMs / 1_000);
  const { low, high } = nanosParts(seconds, Math.round((timeMs - seconds * 1_000) * 1e6));
  writer.fixed64Parts(field, low, high);
}

const TWO_32 = 4_294_967_296;

function writeCount(writer: Writer, field: number, count: number): void {
  if (!(count > 0)) return;
  writer.fixed64Parts(field, (count % TWO_32) >>> 0, Math.floor(count / TWO_32));
}
