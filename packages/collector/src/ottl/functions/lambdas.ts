/** Converters that take a lambda: `Filter(span.attributes, (key, value) => value != nil)`. */
import type { Value } from "@clew/otlp";
import type { Lambda } from "../compiler.ts";
import type { Context } from "../context.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { asString } from "../go-json.ts";
import { OttlError } from "../ottl-error.ts";
import { goType, isMap, storable, type OttlValue } from "../ottl-value.ts";
import { lambda, map, optional, value } from "../parameters.ts";

/** A key of a map or an index of a list, and what is there. */
type Entry = readonly [place: string | bigint, held: OttlValue];

function entriesOf(source: OttlValue): Entry[] {
  if (isMap(source)) return [...source];
  if (Array.isArray(source)) return (source as OttlValue[]).map((held, i) => [BigInt(i), held]);
  throw new OttlError(`unsupported type: ${goType(source)}`);
}

/** Puts in front of an error on which item it happened. */
function onItem<T>([place, held]: Entry, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (cause) {
    if (!(cause instanceof OttlError)) throw cause;
    const kind = typeof place === "string" ? "map" : "slice";
    const where = `${kind} item (${place}, ${asString(held)})`;
    throw new OttlError(`error while evaluating lambda function on ${where}: ${cause.message}`, { cause });
  }
}

function asBoolean(result: OttlValue): boolean {
  if (typeof result === "boolean") return result;
  throw new OttlError(`unexpected lambda result type, expected bool, got ${goType(result)}`);
}

const holds = (predicate: Lambda, entry: Entry, context: Context): boolean =>
  onItem(entry, () => asBoolean(predicate(entry)(context)));

/** A map where the source was one, else a list. */
function gathered(source: OttlValue, entries: readonly Entry[]): OttlValue {
  const stored = entries.map(([place, held]) => [place, storable(held)] as const);
  return isMap(source) ? new Map(stored as [string, Value][]) : stored.map(([, held]) => held);
}

const all = define("All", { source: value, predicate: lambda(2) }, (args) => (context) => {
  return entriesOf(args.source(context)).every((entry) => holds(args.predicate, entry, context));
});

const any = define("Any", { source: value, predicate: lambda(2) }, (args) => (context) => {
  return entriesOf(args.source(context)).some((entry) => holds(args.predicate, entry, context));
});

const filter = define("Filter", { source: value, predicate: lambda(2) }, (args) => (context) => {
  const source = args.source(context);
  return gathered(
    source,
    entriesOf(source).filter((entry) => holds(args.predicate, entry, context)),
  );
});

const find = define(
  "Find",
  { source: value, predicate: lambda(2), mapper: optional(lambda(2)) },
  (args) => (context) => {
    const { mapper } = args;
    const found = entriesOf(args.source(context)).find((entry) => holds(args.predicate, entry, context));
    if (found === undefined) return null;
    return mapper === undefined ? found[1] : onItem(found, () => mapper(found)(context));
  },
);

const mapEach = define("MapEach", { source: value, mapper: lambda(2) }, (args) => (context) => {
  const source = args.source(context);
  const mapped = entriesOf(source).map((entry): Entry => {
    return [entry[0], onItem(entry, () => storable(args.mapper(entry)(context)))];
  });
  return gathered(source, mapped);
});

const mapKeys = define("MapKeys", { source: map, keyMapper: lambda(2) }, (args) => (context) => {
  const renamed = [...args.source(context)].map((entry): Entry => {
    const key = onItem(entry, () => args.keyMapper(entry)(context));
    if (typeof key === "string") return [key, entry[1]];
    return onItem(entry, () => {
      throw new OttlError(`unexpected lambda result type, expected string, got ${goType(key)}`);
    });
  });
  return gathered(new Map(), renamed);
});

const reduce = define("Reduce", { source: value, seed: value, accumulator: lambda(3) }, (args) => (context) => {
  let result = args.seed(context);
  for (const entry of entriesOf(args.source(context))) result = args.accumulator([result, ...entry])(context);
  return result;
});

const when = define("When", { condition: lambda(0), trueValue: value, falseValue: value }, (args) => (context) => {
  return asBoolean(args.condition([])(context)) ? args.trueValue(context) : args.falseValue(context);
});

export const LAMBDA_CONVERTERS: readonly FunctionDefinition[] = [
  all,
  any,
  filter,
  find,
  mapEach,
  mapKeys,
  reduce,
  when,
];
