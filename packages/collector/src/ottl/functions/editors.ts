/** The editors that set, add and take away. */
import { isEqual } from "../compare.ts";
import { defineEditor, type FunctionDefinition } from "../function-definition.ts";
import { asString } from "../go-json.ts";
import { OttlError } from "../ottl-error.ts";
import { Duration, Id, isMap, Messages, notTooDeep, storable, Time, type OttlValue } from "../ottl-value.ts";
import {
  anyListOf,
  flag,
  int,
  integer,
  listOf,
  listTarget,
  map,
  mapTarget,
  optional,
  string,
  target,
  text,
  toText,
  value,
} from "../parameters.ts";
import { patternFrom } from "../pattern.ts";
import { changeTexts, edit, removeIf } from "./edit.ts";

const set = defineEditor("set", { target, value }, (args) => (context) => {
  args.target.set(context, args.value(context));
});

const append = defineEditor("append", { target, value: optional(value), values: optional(listOf(value)) }, (args) => {
  if (args.value === undefined && args.values === undefined) {
    throw new OttlError("at least one of the optional arguments ('value' or 'values') must be provided");
  }
  return (context) => {
    const before = args.target.get(context);
    const list = before === null ? [] : Array.isArray(before) ? (before as OttlValue[]) : [before];
    const added = [...(args.value === undefined ? [] : [args.value]), ...(args.values ?? [])];
    args.target.set(context, storable([...list, ...added.map((one) => one(context))]));
  };
});

const clear = defineEditor("clear", { target }, (args) => (context) => {
  args.target.set(context, emptyOf(args.target.get(context)));
});

/** What a value of this kind is when there is nothing in it. */
function emptyOf(one: OttlValue): OttlValue {
  switch (typeof one) {
    case "string":
      return "";
    case "bigint":
      return 0n;
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      if (one instanceof Time) return new Time(-62_135_596_800_000_000_000n);
      if (one instanceof Duration) return new Duration(0n);
      if (one instanceof Id) return new Id(new Uint8Array(one.bytes.length));
      if (one instanceof Uint8Array || one instanceof Messages) return null;
      if (Array.isArray(one)) return [];
      return isMap(one) ? new Map() : null;
  }
}

const deleteKey = defineEditor("delete_key", { target: mapTarget, key: string }, (args) => (context) => {
  edit(context, args.target, (one) => one.delete(args.key(context)));
});

const deleteIndex = defineEditor(
  "delete_index",
  { target: listTarget, startIndex: int, endIndex: optional(int) },
  (args) => (context) => {
    const before = args.target.get(context);
    const start = args.startIndex(context);
    const end = args.endIndex?.(context) ?? start + 1n;
    const { length } = before;
    if (!(start === 0n && end === BigInt(length))) checkRange(start, end, length);
    args.target.set(context, before.toSpliced(Number(start), Number(end - start)));
  },
);

function checkRange(start: bigint, end: bigint, length: number): void {
  if (start < 0n || start >= BigInt(length)) {
    throw new OttlError(`startIndex ${start} out of bounds for slice of length ${length}`);
  }
  if (end < start) throw new OttlError(`endIndex ${end} cannot be less than startIndex ${start}`);
  if (end > BigInt(length)) {
    throw new OttlError(`deletion range [${start}:${end}] out of bounds for slice of length ${length}`);
  }
}

const deleteMatchingKeys = defineEditor("delete_matching_keys", { target: mapTarget, pattern: string }, (args) => {
  const pattern = patternFrom("delete_matching_keys", args.pattern);
  return (context) => {
    const compiled = pattern(context);
    edit(context, args.target, (one) => removeIf(one, (key) => compiled.test(key)));
  };
});

const keepMatchingKeys = defineEditor("keep_matching_keys", { target: mapTarget, pattern: string }, (args) => {
  const pattern = patternFrom("keep_matching_keys", args.pattern);
  return (context) => {
    const compiled = pattern(context);
    edit(context, args.target, (one) => removeIf(one, (key) => !compiled.test(key)));
  };
});

const keepKeys = defineEditor("keep_keys", { target: mapTarget, keys: anyListOf(string, toText) }, (args) => {
  const known = args.keys.constant === undefined ? undefined : new Set(args.keys.constant.value);
  return (context) => {
    const kept = known ?? new Set(args.keys(context));
    edit(context, args.target, (one) => removeIf(one, (key) => !kept.has(key)));
  };
});

const limit = defineEditor("limit", { target: mapTarget, limit: integer, priorityKeys: listOf(text) }, (args) => {
  const most = Number(args.limit);
  if (most < args.priorityKeys.length) {
    throw new OttlError(
      `invalid limit for limit function, ${most} cannot be less than number of priority attributes ${args.priorityKeys.length}`,
    );
  }
  const kept = new Set(args.priorityKeys);
  return (context) =>
    edit(context, args.target, (one) => {
      if (one.size <= most) return false;
      let count = [...kept].filter((key) => one.has(key)).length;
      return removeIf(one, (key) => !kept.has(key) && ++count > most);
    });
});

const STRATEGIES: ReadonlySet<string> = new Set(["insert", "update", "upsert"]);

const mergeMaps = defineEditor("merge_maps", { target: mapTarget, source: map, strategy: text }, (args) => {
  if (!STRATEGIES.has(args.strategy)) {
    throw new OttlError(`invalid value for strategy, ${args.strategy}, must be 'insert', 'update' or 'upsert'`);
  }
  return (context) =>
    edit(context, args.target, (one) => {
      let isChanged = false;
      for (const [key, added] of args.source(context)) {
        const before = one.get(key);
        if (args.strategy === "insert" ? before !== undefined : args.strategy === "update" && before === undefined) {
          continue;
        }
        if (before !== undefined && typeof before === typeof added && isEqual(before, added)) continue;
        one.set(key, notTooDeep(added));
        isChanged = true;
      }
      return isChanged;
    });
});

const truncateAll = defineEditor(
  "truncate_all",
  { target: mapTarget, limit: integer, utf8Safe: optional(flag), truncationMarker: optional(text) },
  (args) => {
    const most = Number(args.limit);
    const marker = args.truncationMarker ?? "";
    const markerLength = Buffer.byteLength(marker);
    if (markerLength > most) {
      throw new OttlError(
        `invalid truncation marker for truncate_all function, length of marker ${markerLength} cannot be greater than limit ${most}`,
      );
    }
    const cut = (one: string): string | undefined => {
      // A character has at most 3 bytes for each unit of UTF-16.
      if (one.length * 3 <= most) return undefined;
      const bytes = Buffer.from(one);
      if (bytes.length <= most) return undefined;
      let end = most - markerLength;
      if (args.utf8Safe ?? true) while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
      return bytes.toString("utf8", 0, end) + marker;
    };
    return (context) => edit(context, args.target, (one) => changeTexts(one, cut));
  },
);

const stringifyAll = defineEditor("stringify_all", { target: mapTarget }, (args) => (context) => {
  edit(context, args.target, (one) => {
    const others = [...one].filter(([, held]) => typeof held !== "string");
    for (const [key, held] of others) one.set(key, asString(held));
    return others.length > 0;
  });
});

export const EDITORS: readonly FunctionDefinition[] = [
  append,
  clear,
  deleteIndex,
  deleteKey,
  deleteMatchingKeys,
  keepKeys,
  keepMatchingKeys,
  limit,
  mergeMaps,
  set,
  stringifyAll,
  truncateAll,
];
