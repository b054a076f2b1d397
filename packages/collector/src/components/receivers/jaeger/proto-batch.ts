/** Reads `jaeger.api_v2.PostSpansRequest` (https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto). */
import { Reader, type AnyValueObject } from "@clew/otlp";
import type { JaegerBatch, JaegerLog, JaegerProcess, JaegerReference, JaegerSpan, Tag } from "./jaeger-span.ts";

const NANOS_PER_SECOND = 1_000_000_000n;

/** Calls `take` for each field of a message. `take` says whether it read the value. */
function eachField(bytes: Uint8Array, take: (field: number, reader: Reader) => boolean): void {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (!take(tag >>> 3, reader)) reader.skip(tag);
  }
}

/** Throws `OTLP_MALFORMED` for what is no protobuf. */
export function batchOfRequest(message: Uint8Array): JaegerBatch {
  let batch: JaegerBatch = { process: undefined, spans: [] };
  eachField(message, (field, reader) => {
    if (field !== 1) return false;
    batch = batchOf(reader.span());
    return true;
  });
  return batch;
}

function batchOf(bytes: Uint8Array): JaegerBatch {
  const spans: JaegerSpan[] = [];
  let process: JaegerProcess | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) spans.push(spanOf(reader.span()));
    else if (field === 2) process = processOf(reader.span());
    else return false;
    return true;
  });
  return { process, spans };
}

function processOf(bytes: Uint8Array): JaegerProcess {
  let serviceName = "";
  const tags: Tag[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) serviceName = reader.string();
    else if (field === 2) tags.push(tagOf(reader.span()));
    else return false;
    return true;
  });
  return { serviceName, tags };
}

function spanOf(bytes: Uint8Array): JaegerSpan {
  const references: JaegerReference[] = [];
  const tags: Tag[] = [];
  const logs: JaegerLog[] = [];
  let [operationName, flags] = ["", 0];
  let traceId: Buffer = Buffer.alloc(16);
  let spanId: Buffer = Buffer.alloc(8);
  let [startTimeUnixNano, durationNano] = [0n, 0n];
  let process: JaegerProcess | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) traceId = id(reader, 16);
    else if (field === 2) spanId = id(reader, 8);
    else if (field === 3) operationName = reader.string();
    else if (field === 4) references.push(referenceOf(reader.span()));
    else if (field === 5) flags = reader.uint32();
    else if (field === 6) startTimeUnixNano = nanosOf(reader.span());
    else if (field === 7) durationNano = nanosOf(reader.span());
    else if (field === 8) tags.push(tagOf(reader.span()));
    else if (field === 9) logs.push(logOf(reader.span()));
    else if (field === 10) process = processOf(reader.span());
    else return false;
    return true;
  });
  return {
    traceId,
    spanId,
    parentSpanId: undefined,
    operationName,
    references,
    flags,
    startTimeUnixNano,
    durationNano,
    tags,
    logs,
    process,
  };
}

function referenceOf(bytes: Uint8Array): JaegerReference {
  let traceId: Buffer = Buffer.alloc(16);
  let spanId: Buffer = Buffer.alloc(8);
  let type = 0;
  eachField(bytes, (field, reader) => {
    if (field === 1) traceId = id(reader, 16);
    else if (field === 2) spanId = id(reader, 8);
    else if (field === 3) type = reader.int32();
    else return false;
    return true;
  });
  return { traceId, spanId, isChildOf: type === 0 };
}

function logOf(bytes: Uint8Array): JaegerLog {
  let timeUnixNano = 0n;
  const fields: Tag[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) timeUnixNano = nanosOf(reader.span());
    else if (field === 2) fields.push(tagOf(reader.span()));
    else return false;
    return true;
  });
  return { timeUnixNano, fields };
}

function tagOf(bytes: Uint8Array): Tag {
  let [key, type] = ["", 0];
  const values: AnyValueObject[] = [
    { stringValue: "" },
    { boolValue: false },
    { intValue: 0n },
    { doubleValue: 0 },
    { bytesValue: Buffer.alloc(0) },
  ];
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) type = reader.int32();
    else if (field === 3) values[0] = { stringValue: reader.string() };
    else if (field === 4) values[1] = { boolValue: reader.varint() !== 0 };
    else if (field === 5) values[2] = { intValue: reader.int64() };
    else if (field === 6) values[3] = { doubleValue: reader.double() };
    else if (field === 7) values[4] = { bytesValue: reader.span() };
    else return false;
    return true;
  });
  return [key, values[type] ?? { stringValue: `<Unknown Jaeger TagType "${type}">` }];
}

/** An id that is shorter is filled up in front: trace ids may have 64 bits. */
function id(reader: Reader, length: number): Buffer {
  const bytes = reader.span();
  return Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes]).subarray(-length);
}

/** A `google.protobuf.Timestamp` or `Duration`. */
function nanosOf(bytes: Uint8Array): bigint {
  let [seconds, nanos] = [0n, 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) seconds = reader.int64();
    else if (field === 2) nanos = reader.int32();
    else return false;
    return true;
  });
  return seconds * NANOS_PER_SECOND + BigInt(nanos);
}
