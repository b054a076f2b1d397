/** Remote read's messages as protobufjs has them, and its chunks read bit by bit. */
import protobuf from "protobufjs";
import { snappyCompress, snappyDecompress } from "../../../collector/src/compression/snappy.ts";

const SCHEMA = `
syntax = "proto3";
message ReadRequest { repeated Query queries = 1; repeated int32 accepted_response_types = 2; }
message Query { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2; repeated LabelMatcher matchers = 3; ReadHints hints = 4; }
message LabelMatcher { int32 type = 1; string name = 2; string value = 3; }
message ReadHints { int64 step_ms = 1; string func = 2; int64 start_ms = 3; int64 end_ms = 4; repeated string grouping = 5; bool by = 6; int64 range_ms = 7; }
message ReadResponse { repeated QueryResult results = 1; }
message QueryResult { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram { oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3; sint32 schema = 4;
  double zero_threshold = 5; oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12; repeated double positive_counts = 13; int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16; }
message ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1; int64 query_index = 2; }
message ChunkedSeries { repeated Label labels = 1; repeated Chunk chunks = 2; }
message Chunk { int64 min_time_ms = 1; int64 max_time_ms = 2; int32 type = 3; bytes data = 4; }
`;
const { root } = protobuf.parse(SCHEMA);
const MATCHERS = ["=", "!=", "=~", "!~"];

export interface SentQuery {
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly (readonly [name: string, operator: string, value: string])[];
  readonly hints?: object;
}

export interface ReadChunk {
  readonly labels: Readonly<Record<string, string>>;
  readonly queryIndex: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly type: number;
  readonly data: Buffer;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
type Message = any;

export function readRequest(queries: readonly SentQuery[], acceptedResponseTypes: readonly number[] = []): Buffer {
  const type = root.lookupType("ReadRequest");
  const message = {
    queries: queries.map(({ startMs, endMs, matchers, hints }) => ({
      startTimestampMs: startMs,
      endTimestampMs: endMs,
      matchers: matchers.map(([name, operator, value]) => ({ type: MATCHERS.indexOf(operator), name, value })),
      hints,
    })),
    acceptedResponseTypes,
  };
  return snappyCompress(type.encode(type.fromObject(message)).finish());
}

/** A `ReadResponse` with labels as objects. */
export function readResponseOf(body: Uint8Array): Message[][] {
  const bytes = snappyDecompress(Buffer.from(body), 100_000_000, () => new Error("too large"));
  const { results } = plain("ReadResponse", bytes);
  return results.map(({ timeseries }: Message) =>
    timeseries.map((series: Message) => ({ ...series, labels: labelsOf(series.labels) })),
  );
}

/** The chunks of a stream, whose checksums must be right. */
export function readChunks(body: Uint8Array): ReadChunk[] {
  const bytes = Buffer.from(body);
  const chunks: ReadChunk[] = [];
  for (let at = 0; at < bytes.length;) {
    let [length, scale] = [0, 1];
    for (; bytes[at]! > 127; scale *= 128) length += (bytes[at++]! & 127) * scale;
    length += bytes[at++]! * scale;
    const frame = bytes.subarray(at + 4, at + 4 + length);
    if (checksum(frame) !== bytes.readUInt32BE(at)) throw new Error("checksum mismatch");
    at += 4 + length;
    const { chunkedSeries, queryIndex } = plain("ChunkedReadResponse", frame);
    for (const { labels, chunks: own } of chunkedSeries)
      for (const { data, ...chunk } of own)
        chunks.push({ ...chunk, data: Buffer.from(data), labels: labelsOf(labels), queryIndex });
  }
  return chunks;
}

function plain(name: string, bytes: Uint8Array): Message {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: true, oneofs: true });
}

function labelsOf(labels: readonly { readonly name: string; readonly value: string }[]): Record<string, string> {
  const names = labels.map(({ name }) => name);
  if (names.some((name, i) => i > 0 && names[i - 1]! >= name)) throw new Error(`not sorted: ${names.join(",")}`);
  return Object.fromEntries(labels.map(({ name, value }) => [name, value]));
}

function checksum(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

class Bits {
  readonly #bits: string;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  }

  take(count: number): bigint {
    const part = this.#bits.slice(this.#at, (this.#at += count));
    if (part.length < count) throw new Error("the chunk ends early");
    return count === 0 ? 0n : BigInt(`0b${part}`);
  }

  /** How many ones stand before a zero, at most `most`. */
  ones(most: number): number {
    let found = 0;
    while (found < most && this.take(1) === 1n) found++;
    return found;
  }

  /** Of `count` bits, of which those up to half stand for themselves. */
  signed(count: number): bigint {
    const value = this.take(count);
    return value > 1n << BigInt(count - 1) ? value - (1n << BigInt(count)) : value;
  }

  uvarint(): bigint {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = this.take(8);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
      shift += 7n;
    }
  }

  varint(): bigint {
    const value = this.uvarint();
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n;
  }

  varbit(isSigned: boolean): bigint {
    const size = [0, 3, 6, 9, 12, 18, 25, 56, 64][this.ones(8)]!;
    if (!isSigned || size === 0) return this.take(size);
    return size === 64 ? BigInt.asIntN(64, this.take(64)) : this.signed(size);
  }

  double(): number {
    return doubleOf(this.take(64));
  }
}

class XorBits {
  #value = 0n;
  #leading = 0;
  #trailing = 0;

  first(bits: Bits): bigint {
    return (this.#value = bits.take(64));
  }

  next(bits: Bits): bigint {
    if (bits.take(1) === 0n) return this.#value;
    if (bits.take(1) === 1n) {
      this.#leading = Number(bits.take(5));
      const count = Number(bits.take(6)) || 64;
      this.#trailing = 64 - this.#leading - count;
    }
    const significant = bits.take(64 - this.#leading - this.#trailing);
    return (this.#value ^= significant << BigInt(this.#trailing));
  }
}

/** Times and the bits of values. */
export function xorSamples(data: Uint8Array): [timeMs: number, bits: bigint][] {
  const bits = new Bits(data);
  const count = Number(bits.take(16));
  const value = new XorBits();
  let [time, delta] = [0n, 0n];
  return Array.from({ length: count }, (_unused, i) => {
    if (i === 0) time = bits.varint();
    else {
      delta = i === 1 ? bits.uvarint() : delta + change(bits);
      time += delta;
    }
    return [Number(time), i === 0 ? value.first(bits) : value.next(bits)];
  });
}

function change(bits: Bits): bigint {
  const ones = bits.ones(4);
  if (ones === 0) return 0n;
  return ones === 4 ? BigInt.asIntN(64, bits.take(64)) : bits.signed([14, 17, 20][ones - 1]!);
}

export function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!;
}

export interface ReadHistogram {
  readonly timestampMs: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly count: number;
  readonly zeroCount: number;
  readonly sum: number;
  /** Bucket number and count, of those that are not empty. */
  readonly positive: readonly (readonly [number, number])[];
  readonly negative: readonly (readonly [number, number])[];
  readonly bounds: readonly number[];
}

export function floatHistograms(data: Uint8Array): ReadHistogram[] {
  const bits = new Bits(data);
  const length = Number(bits.take(16));
  bits.take(8);
  const threshold = Number(bits.take(8));
  const zeroThreshold = threshold === 0 ? 0 : threshold === 255 ? bits.double() : 2 ** (threshold - 244);
  const schema = Number(bits.varbit(true));
  const indexes = [indexesIn(bits), indexesIn(bits)];
  const bounds = schema === -53 ? Array.from({ length: Number(bits.varbit(false)) }, () => boundIn(bits)) : [];
  const columns = Array.from({ length: 3 + indexes.flat().length }, () => new XorBits());
  let [time, delta] = [0n, 0n];
  return Array.from({ length }, (_unused, row) => {
    const dod = bits.varbit(true);
    if (row === 0) time = dod;
    else time += delta += dod;
    const [count, zeroCount, sum, ...counts] = columns.map((one) =>
      doubleOf(row === 0 ? one.first(bits) : one.next(bits)),
    ) as [number, number, number, ...number[]];
    const [positive, negative] = indexes.map((side, i) =>
      side.map((index, j) => [index, counts[i * indexes[0]!.length + j]!] as const).filter(([, held]) => held !== 0),
    );
    return {
      timestampMs: Number(time),
      schema,
      zeroThreshold,
      count,
      zeroCount,
      sum,
      positive: positive!,
      negative: negative!,
      bounds,
    };
  });
}

function indexesIn(bits: Bits): number[] {
  const found: number[] = [];
  let next = 0;
  for (let spans = Number(bits.varbit(false)); spans > 0; spans--) {
    const length = Number(bits.varbit(false));
    next += Number(bits.varbit(true));
    for (let i = 0; i < length; i++) found.push(next++);
  }
  return found;
}

function boundIn(bits: Bits): number {
  const thousandths = Number(bits.varbit(false));
  return thousandths === 0 ? bits.double() : (thousandths - 1) / 1_000;
}
