/** Reads `zipkin.proto3.ListOfSpans` (https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto). */
import { Reader } from "@clew/otlp";
import {
  endpointOf,
  ipv6OfBytes,
  malformed,
  type ZipkinAnnotation,
  type ZipkinEndpoint,
  type ZipkinSpan,
} from "./zipkin-span.ts";

const KINDS = ["", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"];

/** Calls `take` for each field of a message. `take` says whether it read the value. */
function eachField(bytes: Uint8Array, take: (field: number, reader: Reader) => boolean): void {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.tag();
    if (!take(tag >>> 3, reader)) reader.skip(tag);
  }
}

/** Throws `OTLP_MALFORMED` for what is no protobuf, `ZIPKIN_MALFORMED` for ids that are none. */
export function spansOfProto(body: Buffer): ZipkinSpan[] {
  const spans: ZipkinSpan[] = [];
  eachField(body, (field, reader) => {
    if (field !== 1) return false;
    spans.push(spanOf(reader.span()));
    return true;
  });
  return spans;
}

function spanOf(bytes: Uint8Array): ZipkinSpan {
  const annotations: ZipkinAnnotation[] = [];
  const tags = new Map<string, string>();
  let [traceId, id, parentId]: (Buffer | undefined)[] = [];
  let [kind, name, timestampMicros, durationMicros] = [0, "", 0n, 0n];
  let [localEndpoint, remoteEndpoint]: (ZipkinEndpoint | undefined)[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) traceId = idOf(reader.span(), 16, "traceId");
    else if (field === 2) parentId = idOf(reader.span(), 8, "parentId");
    else if (field === 3) id = idOf(reader.span(), 8, "span id");
    else if (field === 4) kind = reader.int32();
    else if (field === 5) name = reader.string();
    else if (field === 6) timestampMicros = reader.fixed64();
    else if (field === 7) durationMicros = reader.varint64();
    else if (field === 8) localEndpoint = endpointIn(reader.span());
    else if (field === 9) remoteEndpoint = endpointIn(reader.span());
    else if (field === 10) annotations.push(annotationOf(reader.span()));
    else if (field === 11) tags.set(...tagOf(reader.span()));
    else return false;
    return true;
  });
  if (traceId === undefined) throw malformed("valid traceId required");
  if (id === undefined) throw malformed("valid span id required");
  return {
    traceId,
    id,
    parentId,
    name,
    kind: KINDS[kind] ?? "",
    timestampMicros,
    durationMicros,
    localEndpoint,
    remoteEndpoint,
    annotations,
    tags,
  };
}

function idOf(bytes: Buffer, length: number, what: string): Buffer | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length > length) throw malformed(`valid ${what} required`);
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

function endpointIn(bytes: Uint8Array): ZipkinEndpoint | undefined {
  let [serviceName, ipv4, ipv6, port] = ["", "", "", 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) serviceName = reader.string();
    else if (field === 2) ipv4 = [...reader.span()].join(".");
    else if (field === 3) ipv6 = ipv6OfBytes(reader.span());
    else if (field === 4) port = reader.int32();
    else return false;
    return true;
  });
  return endpointOf({ serviceName, ipv4, ipv6, port });
}

function annotationOf(bytes: Uint8Array): ZipkinAnnotation {
  let [timestampMicros, value] = [0n, ""];
  eachField(bytes, (field, reader) => {
    if (field === 1) timestampMicros = reader.fixed64();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return { timestampMicros, value };
}

function tagOf(bytes: Uint8Array): [string, string] {
  let [key, value] = ["", ""];
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return [key, value];
}
