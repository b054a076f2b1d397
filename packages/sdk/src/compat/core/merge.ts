/** How deep values are joined; what lies deeper is left out. */
const MAX_DEPTH = 20;
/** Keys that would change what an object is. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

type Plain = Record<string, unknown>;
/** object --> keys of it that were joined: where they come again, an object holds itself. */
type Joined = Map<object, Set<string>>;

/**
 * Joins values, the later winning: plain objects key by key, where `undefined` takes a key away, and arrays end to end;
 * anything else takes the place of what was. What was given is not changed.
 */
export function merge(...values: readonly unknown[]): unknown {
  const [first, ...others] = values;
  const joined: Joined = new Map();
  return others.reduce((left, right) => joinedWith(left, right, 0, joined), first);
}

function joinedWith(left: unknown, right: unknown, depth: number, joined: Joined): unknown {
  if (depth > MAX_DEPTH) return undefined;
  if (!isMergeable(left) || !isMergeable(right)) return copyOf(right);
  if (Array.isArray(left)) return extended(left as unknown[], right);
  return isPlain(left) && isPlain(right) ? joinedObjects(left, right, depth, joined) : right;
}

/** An array to which another, or an object's keys, are added. */
function extended(left: readonly unknown[], right: object): unknown {
  if (Array.isArray(right)) return [...left, ...right.map(copyOf)];
  return Object.assign([...left], Object.fromEntries(safeEntries(right).map(([key, value]) => [key, copyOf(value)])));
}

function joinedObjects(left: Plain, right: Plain, depth: number, joined: Joined): Plain {
  const result: Plain = { ...left };
  for (const [key, value] of safeEntries(right)) {
    if (value === undefined || wasJoined(joined, left, key) || wasJoined(joined, right, key)) {
      delete result[key];
      continue;
    }
    if (isMergeable(left[key]) && isMergeable(value)) for (const object of [left, right]) remember(joined, object, key);
    result[key] = joinedWith(result[key], value, depth + 1, joined);
  }
  return result;
}

function wasJoined(joined: Joined, object: object, key: string): boolean {
  return joined.get(object)?.has(key) === true;
}

function remember(joined: Joined, object: object, key: string): void {
  const keys = joined.get(object);
  if (keys === undefined) joined.set(object, new Set([key]));
  else keys.add(key);
}

function safeEntries(object: object): [string, unknown][] {
  return Object.entries(object).filter(([key]) => !UNSAFE_KEYS.has(key));
}

function copyOf(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[])] : value;
}

function isMergeable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof RegExp);
}

function isPlain(value: object): value is Plain {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
