/** Places in an entry: `body.user.name`, `attributes["a.b"]`, `resource`. */
import { isMap, ownValue, type ExprValue } from "../../../expr/value.ts";
import type { Place } from "../../../schema/place.ts";
import { string, type Schema } from "../../../schema/schema.ts";
import type { Entry, MutableMap } from "./entry.ts";

const PREFIXES = ["body", "attributes", "resource"] as const;
type Prefix = (typeof PREFIXES)[number];

const KEY = /\.?([^.[\]"']+)|\[(?:"([^"]*)"|'([^']*)')\]/y;

export class EntryField {
  readonly prefix: Prefix;
  readonly keys: readonly string[];

  constructor(prefix: Prefix, keys: readonly string[]) {
    this.prefix = prefix;
    this.keys = keys;
  }

  get text(): string {
    return [this.prefix, ...this.keys].join(".");
  }

  get parent(): EntryField {
    return new EntryField(this.prefix, this.keys.slice(0, -1));
  }

  child(key: string): EntryField {
    return new EntryField(this.prefix, [...this.keys, key]);
  }

  /** Undefined where there is nothing. */
  get(entry: Entry): ExprValue {
    let value: ExprValue = entry[this.prefix];
    for (const key of this.keys) {
      if (!isMap(value)) return undefined;
      value = ownValue(value, key);
    }
    return value;
  }

  /** Makes what stands in between. A map is merged into attributes and resources; a root that is no body takes only maps. */
  set(entry: Entry, value: ExprValue): void {
    if (this.prefix !== "body" && isMap(value)) {
      const target = this.#container(entry, this.keys);
      for (const [key, inner] of Object.entries(value)) setOwn(target, key, inner);
      return;
    }
    const last = this.keys.at(-1);
    if (last === undefined) {
      if (this.prefix !== "body") throw new TypeError(`cannot set ${this.prefix} root`);
      entry.body = value;
      return;
    }
    setOwn(this.#container(entry, this.keys.slice(0, -1)), last, value);
  }

  /** Removes it and returns what was there. */
  remove(entry: Entry): ExprValue {
    const last = this.keys.at(-1);
    if (last === undefined) {
      const all = entry[this.prefix];
      if (this.prefix === "body") entry.body = undefined;
      else entry[this.prefix] = {};
      return all;
    }
    const parent = this.parent.get(entry) as MutableMap | undefined;
    if (!isMap(parent)) return undefined;
    const value = ownValue(parent, last);
    delete parent[last];
    return value;
  }

  #container(entry: Entry, keys: readonly string[]): MutableMap {
    if (!isMap(entry[this.prefix])) entry[this.prefix] = {};
    let map = entry[this.prefix] as MutableMap;
    for (const key of keys) {
      const inner = ownValue(map, key);
      if (!isMap(inner)) setOwn(map, key, {});
      map = ownValue(map, key) as MutableMap;
    }
    return map;
  }
}

/** Sets a key that is the map's own, `__proto__` too. */
export function setOwn(map: MutableMap, key: string, value: ExprValue): void {
  if (key === "__proto__") {
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  } else map[key] = value;
}

/** Undefined for what is no field. */
export function parseField(text: string): EntryField | undefined {
  const prefix = PREFIXES.find((one) => text.startsWith(one) && /^$|^[.[]/.test(text.slice(one.length)));
  if (prefix === undefined) return undefined;
  const keys: string[] = [];
  KEY.lastIndex = prefix.length;
  while (KEY.lastIndex < text.length) {
    const match = KEY.exec(text);
    if (match === null) return undefined;
    keys.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return new EntryField(prefix, keys);
}

export const entryField: Schema<EntryField> = {
  type: "field",
  read(raw, place: Place) {
    const text = string.read(raw, place);
    const field = parseField(text);
    if (field === undefined) {
      const what = text === "" ? "missing required field" : `unrecognized prefix in field ${JSON.stringify(text)}`;
      place.problem(what, 'write "body", "attributes.x" or "resource[\\"a.b\\"]"');
    }
    return field ?? new EntryField("body", []);
  },
};
