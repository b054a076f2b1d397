/** Square brackets: reading and setting what stands inside maps and lists, to any depth. */
import { AttributesView, type Value, type ValueMap } from "@clew/otlp";
import type { Accessor } from "./accessor.ts";
import { isEqual } from "./compare.ts";
import type { Context, Getter } from "./context.ts";
import { OttlError } from "./ottl-error.ts";
import { goType, isMap, notTooDeep, pdataType, storable, type OttlValue } from "./ottl-value.ts";

/** A literal key, or one that is read from the record. */
export type Key = string | bigint | Getter<OttlValue>;

/** The longest list that indexing may make. */
const MAX_NEW_LIST = 1_024;

/** Attributes as a whole. */
export function mapAccessor(place: (context: Context) => AttributesView | Map<string, Value>): Accessor {
  return {
    get: (context) => place(context),
    set(context, value) {
      const target = place(context);
      if (value === target) return;
      if (value !== null && !isMap(value)) {
        throw new OttlError(`unsupported type provided for setting a pcommon.Map: ${goType(value)}`);
      }
      replaceAll(target, value === null ? [] : [...value]);
      context.changes++;
    },
  };
}

/** One of the attributes, or what stands deeper. */
export function mapKeyAccessor(
  place: (context: Context) => AttributesView | Map<string, Value>,
  keys: readonly Key[],
): Accessor {
  const [first, ...rest] = keys as [Key, ...Key[]];
  return {
    get(context) {
      const value = place(context).get(keyOfMap(first, context, "cannot get map value: "));
      return value === undefined ? null : getIn(value, rest, context);
    },
    set(context, value) {
      const name = keyOfMap(first, context, "cannot set map value: ");
      const map = place(context);
      const before = map.get(name);
      const after = setIn(before ?? null, rest, value, context);
      if (before !== undefined && typeof before === typeof after && isEqual(before, after)) return;
      map.set(name, after);
      context.changes++;
    },
  };
}

export function replaceAll(
  map: AttributesView | Map<string, Value>,
  entries: readonly (readonly [string, Value])[],
): void {
  for (const [, value] of entries) notTooDeep(value);
  if (map instanceof AttributesView) {
    map.replace(entries);
    return;
  }
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

/** What stands in `value` under the keys; nil where a map has no such key. */
export function getIn(value: Value, keys: readonly Key[], context: Context): OttlValue {
  let current: Value = value;
  for (const key of keys) {
    if (current instanceof Map) {
      const inner: Value | undefined = (current as ValueMap).get(keyOfMap(key, context));
      if (inner === undefined) return null;
      current = inner;
    } else if (Array.isArray(current)) {
      current = current[indexOf(key, current.length, context)] as Value;
    } else {
      throw new OttlError(`type ${pdataType(current)} does not support string indexing`);
    }
  }
  return current;
}

/** `value` with something else under the keys. Maps and lists that are missing are made. */
export function setIn(value: Value, keys: readonly Key[], put: OttlValue, context: Context): Value {
  const after = setWithin(value, keys, put, context);
  return keys.length === 0 ? after : notTooDeep(after);
}

function setWithin(value: Value, keys: readonly Key[], put: OttlValue, context: Context): Value {
  const [key, ...rest] = keys;
  if (key === undefined) return storable(put, value);
  if (value instanceof Map) {
    const name = keyOfMap(key, context);
    return new Map(value as ValueMap).set(name, setWithin((value as ValueMap).get(name) ?? null, rest, put, context));
  }
  if (Array.isArray(value)) {
    const index = indexOf(key, value.length, context);
    return (value as Value[]).with(index, setWithin((value as Value[])[index]!, rest, put, context));
  }
  if (value === null) return setInNew(key, rest, put, context);
  throw new OttlError(`type ${pdataType(value)} does not support string indexing`);
}

function setInNew(key: Key, rest: readonly Key[], put: OttlValue, context: Context): Value {
  const resolved = typeof key === "function" ? key(context) : key;
  if (typeof resolved === "string") return new Map([[resolved, setWithin(null, rest, put, context)]]);
  if (typeof resolved !== "bigint") {
    throw new OttlError("neither a string nor an int index was given, this is an error in the OTTL");
  }
  if (resolved > MAX_NEW_LIST) throw new OttlError(`index ${resolved} is more than ${MAX_NEW_LIST} in a new list`);
  const list: Value[] = Array.from({ length: Math.max(0, Number(resolved)) }, () => null);
  return [...list, setWithin(null, rest, put, context)];
}

/** The key of a map that `key` is for this record. */
export function keyOfMap(key: Key, context: Context, prefix = ""): string {
  if (typeof key === "string") return key;
  return resolved(key, "string", context, `${prefix}unable to resolve a string index in map`) as string;
}

/** The index that `key` is for this record. Throws unless the list has it. */
export function indexOf(key: Key, length: number, context: Context): number {
  const index =
    typeof key === "bigint"
      ? key
      : (resolved(key, "int64", context, "unable to resolve an integer index in slice") as bigint);
  if (index < 0n || index >= BigInt(length)) throw new OttlError(`index ${index} out of bounds`);
  return Number(index);
}

function resolved(key: Key, type: "string" | "int64", context: Context, prefix: string): OttlValue {
  if (typeof key !== "function") throw new OttlError(`${prefix}: invalid key type`);
  const value = key(context);
  if (goType(value) === type) return value;
  const got = goType(value);
  throw new OttlError(`${prefix}: could not resolve key for map/slice, expecting '${type}' but got '${got}'`);
}

/** What the result of a function, or a lambda's parameter, holds under the keys. Unlike a path it must be there. */
export function indexed(value: OttlValue, keys: readonly Key[], context: Context): OttlValue {
  let current = value;
  for (const key of keys) current = indexedOnce(current, typeof key === "function" ? key(context) : key);
  return current;
}

function indexedOnce(value: OttlValue, key: OttlValue): OttlValue {
  if (key === null) throw new OttlError("key expression returned nil, expected an int or string");
  if (typeof key === "string") {
    if (!isMap(value)) throw new OttlError(`type ${goType(value)} does not support string indexing`);
    const found = value.get(key);
    if (found === undefined) throw new OttlError("key not found in map");
    return found;
  }
  if (typeof key !== "bigint") {
    throw new OttlError(`key expression must evaluate to string or int, got ${goType(key)}`);
  }
  const isList = Array.isArray(value) || value instanceof Uint8Array;
  if (!isList) throw new OttlError(`type ${goType(value)} does not support int indexing`);
  if (key < 0n || key >= BigInt(value.length)) throw new OttlError(`index ${key} out of bounds`);
  const found = value[Number(key)] as OttlValue;
  return value instanceof Uint8Array ? BigInt(found as number) : found;
}
