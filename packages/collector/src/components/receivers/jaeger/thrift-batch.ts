/** Reads Jaeger's Thrift (https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift). */
import type { AnyValueObject } from "@clew/otlp";
import type { ThriftStruct } from "../../../thrift/thrift-value.ts";
import type { JaegerBatch, JaegerProcess, JaegerReference, JaegerSpan, Tag } from "./jaeger-span.ts";

const NANOS_PER_MICRO = 1_000n;

export function batchOfThrift(batch: ThriftStruct): JaegerBatch {
  const process = batch.struct(1);
  return {
    process: process === undefined ? undefined : processOf(process),
    spans: batch.structs(2).map(spanOf),
  };
}

function processOf(process: ThriftStruct): JaegerProcess {
  return { serviceName: process.text(1) ?? "", tags: process.structs(2).map(tagOf) };
}

function spanOf(span: ThriftStruct): JaegerSpan {
  const parent = span.long(4) ?? 0n;
  return {
    traceId: Buffer.concat([idOf(span.long(2)), idOf(span.long(1))]),
    spanId: idOf(span.long(3)),
    parentSpanId: parent === 0n ? undefined : idOf(parent),
    operationName: span.text(5) ?? "",
    references: span.structs(6).map(referenceOf),
    flags: span.int(7) ?? 0,
    startTimeUnixNano: (span.long(8) ?? 0n) * NANOS_PER_MICRO,
    durationNano: (span.long(9) ?? 0n) * NANOS_PER_MICRO,
    tags: span.structs(10).map(tagOf),
    logs: span.structs(11).map((log) => ({
      timeUnixNano: (log.long(1) ?? 0n) * NANOS_PER_MICRO,
      fields: log.structs(2).map(tagOf),
    })),
    process: undefined,
  };
}

function referenceOf(reference: ThriftStruct): JaegerReference {
  return {
    isChildOf: reference.int(1) === 0,
    traceId: Buffer.concat([idOf(reference.long(3)), idOf(reference.long(2))]),
    spanId: idOf(reference.long(4)),
  };
}

function idOf(value = 0n): Buffer {
  const id = Buffer.alloc(8);
  id.writeBigInt64BE(value);
  return id;
}

function tagOf(tag: ThriftStruct): Tag {
  return [tag.text(1) ?? "", valueOf(tag)];
}

function valueOf(tag: ThriftStruct): AnyValueObject {
  const type = tag.int(2);
  switch (type) {
    case 0:
      return { stringValue: tag.text(3) ?? "" };
    case 1:
      return { doubleValue: tag.double(4) ?? 0 };
    case 2:
      return { boolValue: tag.bool(5) ?? false };
    case 3:
      return { intValue: tag.long(6) ?? 0n };
    case 4:
      return { bytesValue: tag.bytes(7) ?? Buffer.alloc(0) };
    default:
      return { stringValue: `<Unknown Jaeger TagType "${type ?? 0}">` };
  }
}
