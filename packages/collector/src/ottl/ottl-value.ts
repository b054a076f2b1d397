/**
 * What a statement calculates with: OTLP's values, and times, durations and ids, which can
 * be told apart though they are numbers and bytes underneath. Integers are Go's int64.
 */
import { AttributesView, MessageView, type Value, type ValueMap } from "@clew/otlp";
import { OttlError, OttlTypeError } from "./ottl-error.ts";
import { UTC, type Zone } from "./time/zone.ts";

/** A point in time, and the place at which its hours and days are read. */
export class Time {
  readonly unixNano: bigint;
  readonly zone: Zone;

  constructor(unixNano: bigint, zone: Zone = UTC) {
    this.unixNano = unixNano;
    this.zone = zone;
  }
}

/** A Go `time.Duration`. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = int64(nanos);
  }
}

/** A trace's or a span's id: 16 or 8 bytes, all zero where there is none. */
export class Id {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Messages that only functions for them look into: a span's events, a metric's data points. */
export class Messages {
  readonly type: string;
  readonly views: readonly MessageView[];

  constructor(type: string, views: readonly MessageView[]) {
    this.type = type;
    this.views = views;
  }
}

/** Attributes are looked at in place of their bytes; other maps are read only. */
export type OttlMap = ReadonlyMap<string, Value> | AttributesView;

export type OttlValue = Value | Time | Duration | Id | Messages | MessageView | AttributesView | readonly OttlValue[];

export function isMap(value: OttlValue): value is OttlMap {
  return value instanceof Map || value instanceof AttributesView;
}

/** What Go calls the messages that paths lead to. */
const GO_MESSAGES: Readonly<Record<string, string>> = {
  Status: "ptrace.Status",
  Buckets: "pmetric.ExponentialHistogramDataPointBuckets",
};

/** What Go's `%T` says of a value. */
export function goType(value: OttlValue): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "number":
      return "float64";
    default:
      return goObjectType(value);
  }
}

function goObjectType(value: Exclude<OttlValue, string | boolean | bigint | number>): string {
  if (value === null) return "<nil>";
  if (value instanceof Uint8Array) return "[]uint8";
  if (value instanceof Time) return "time.Time";
  if (value instanceof Duration) return "time.Duration";
  if (value instanceof Id) return value.bytes.length === 8 ? "pcommon.SpanID" : "pcommon.TraceID";
  if (value instanceof Messages) return value.type;
  if (value instanceof MessageView) return GO_MESSAGES[value.type.name] ?? value.type.name;
  return Array.isArray(value) ? "pcommon.Slice" : "pcommon.Map";
}

/** The name of a value's kind in pdata, which errors about indexing use. */
export function pdataType(value: Value): string {
  switch (typeof value) {
    case "string":
      return "Str";
    case "boolean":
      return "Bool";
    case "bigint":
      return "Int";
    case "number":
      return "Double";
    default:
      if (value === null) return "Empty";
      if (value instanceof Uint8Array) return "Bytes";
      return Array.isArray(value) ? "Slice" : "Map";
  }
}

/** As an int64, around its ends as Go does. */
export function int64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Go's `int64(f)`: the fraction is cut off. What does not fit becomes the least integer, as on amd64. */
export function truncated(value: number): bigint {
  const MIN = -(2n ** 63n);
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return MIN;
  return BigInt(Math.trunc(value));
}

/** How deep lists and maps may hold each other: so deep that readers of the telemetry accept it wherever it stands. */
const MAX_LEVELS = 30;

/** The same value. Throws where it nests deeper than readers of telemetry accept. */
export function notTooDeep(value: Value, levels = 0): Value {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (levels >= MAX_LEVELS) throw new OttlError(`a value cannot be nested deeper than ${MAX_LEVELS} levels`);
  const held = value instanceof Map ? (value as ValueMap).values() : (value as readonly Value[]);
  for (const one of held) notTooDeep(one, levels + 1);
  return value;
}

/** The value as an attribute can hold it. Throws where it cannot; `before` is what stands in its place now. */
export function storable(value: OttlValue, before: Value = null): Value {
  // A copy, as the cache of a context goes on changing.
  if (isMap(value)) return notTooDeep(new Map(value));
  if (Array.isArray(value)) return notTooDeep(value.map((one) => storable(one as OttlValue)));
  if (isPlain(value)) return value;
  throw new OttlError(
    `unsupported type ${goType(value)} for set operation; current value type is ${pdataType(before)}`,
  );
}

function isPlain(value: OttlValue): value is Value {
  if (typeof value !== "object" || value === null) return true;
  return value instanceof Uint8Array;
}

/** The same map as one that may be changed, without changing the one it came from. Attributes are changed in place. */
export function changeable(map: OttlMap): Map<string, Value> | AttributesView {
  return map instanceof AttributesView ? map : new Map(map);
}

/** Throws the error of a value that is not of the kind asked for. */
export function wrongType(expected: string, value: OttlValue): never {
  throw new OttlTypeError(`expected ${expected} but got ${value === null ? "nil" : goType(value)}`);
}
