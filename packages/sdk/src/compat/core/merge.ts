/** How deep values are joined; what lies deeper is left out. */
const MAX_DEPTH = 20;

type Plain = Record<string, unknown>;

/**
 * Joins values, the later winning: plain objects key by key, arrays end to end; anything else takes the place of
 * what was. What was given is not changed.
 */
export function merge(...values: readonly unknown[]): unknown {
  const [first, ...others] = values;
  return others.reduce((joined, value) => joinedWith(joined, value, 0), copyOf(first, 0));
}

function joinedWith(left: unknown, right: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return left;
  if (Array.isArray(left)) return [...(left as unknown[]), ...(Array.isArray(right) ? right : [right])];
  if (!isPlain(left) || !isPlain(right)) return copyOf(right, depth);
  const joined: Plain = { ...left };
  for (const [key, value] of Object.entries(right)) {
    joined[key] = Object.hasOwn(left, key) ? replacedBy(left[key], value, depth + 1) : copyOf(value, depth + 1);
  }
  return joined;
}

/** Within objects, only plain objects are joined. */
function replacedBy(left: unknown, right: unknown, depth: number): unknown {
  return isPlain(left) && isPlain(right) ? joinedWith(left, right, depth) : copyOf(right, depth);
}

function copyOf(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner, depth + 1)]));
}

function isPlain(value: unknown): value is Plain {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
