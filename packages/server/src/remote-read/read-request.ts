/** `prometheus.ReadRequest`: https://github.com/prometheus/prometheus/blob/main/prompb/remote.proto */
import { Reader } from "@clew/otlp";
import type { LabelMatcher, MatchOperator } from "@clew/query";

export const RESPONSE_TYPES = ["SAMPLES", "STREAMED_XOR_CHUNKS"] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

export interface ReadQuery {
  /** Both included. */
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly LabelMatcher[];
  readonly hints: ReadHints | undefined;
}

/** What the reader will do with the samples. */
export interface ReadHints {
  readonly stepMs: number;
  /** "series" where only labels are wanted. */
  readonly func: string;
  /** What the reader looks at of the query's window; both 0 where it does not tell. */
  readonly startMs: number;
  readonly endMs: number;
  readonly rangeMs: number;
}

export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  /** Numbers of `ResponseType`s, the preferred first; empty from readers that know only samples. */
  readonly acceptedResponseTypes: readonly number[];
}

const OPERATORS: readonly MatchOperator[] = ["=", "!=", "=~", "!~"];

/** Throws `OTLP_MALFORMED` or `RangeError` where the bytes are not the message. */
export function readReadRequest(bytes: Uint8Array): ReadRequest {
  const reader = new Reader(bytes);
  const queries: ReadQuery[] = [];
  const acceptedResponseTypes: number[] = [];
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (tag === 10) queries.push(readQuery(reader.span()));
    else if (tag === 16) acceptedResponseTypes.push(reader.int32());
    else if (tag === 18) {
      const end = reader.lengthEnd();
      while (reader.position < end) acceptedResponseTypes.push(reader.int32());
    } else reader.skip(tag);
  }
  return { queries, acceptedResponseTypes };
}

function readQuery(bytes: Buffer): ReadQuery {
  const matchers: LabelMatcher[] = [];
  let [startMs, endMs] = [0, 0];
  let hints: ReadHints | undefined;
  eachField(bytes, (reader, tag) => {
    if (tag === 8) startMs = Number(reader.int64());
    else if (tag === 16) endMs = Number(reader.int64());
    else if (tag === 26) matchers.push(readMatcher(reader.span()));
    else if (tag === 34) hints = readHints(reader.span());
    else reader.skip(tag);
  });
  return { startMs, endMs, matchers, hints };
}

function readMatcher(bytes: Buffer): LabelMatcher {
  let [type, name, value] = [0, "", ""];
  eachField(bytes, (reader, tag) => {
    if (tag === 8) type = reader.int32();
    else if (tag === 18) name = reader.string();
    else if (tag === 26) value = reader.string();
    else reader.skip(tag);
  });
  const operator = OPERATORS[type];
  if (operator === undefined) throw new RangeError("invalid matcher type");
  return { name, operator, value };
}

function readHints(bytes: Buffer): ReadHints {
  let [stepMs, func, startMs, endMs, rangeMs] = [0, "", 0, 0, 0];
  eachField(bytes, (reader, tag) => {
    if (tag === 8) stepMs = Number(reader.int64());
    else if (tag === 18) func = reader.string();
    else if (tag === 24) startMs = Number(reader.int64());
    else if (tag === 32) endMs = Number(reader.int64());
    else if (tag === 56) rangeMs = Number(reader.int64());
    else reader.skip(tag);
  });
  return { stepMs, func, startMs, endMs, rangeMs };
}

/** `take` reads a field or skips it. */
function eachField(bytes: Buffer, take: (reader: Reader, tag: number) => void): void {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) take(reader, reader.tag());
}
