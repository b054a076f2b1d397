/** The paths of one context as data: what each name is, and what may follow it. */
import { nearest } from "../../schema/nearest.ts";
import type { Accessor } from "../accessor.ts";
import type { Key } from "../indexing.ts";
import { OttlSyntaxError } from "../ottl-error.ts";

export interface PathDefinition {
  /** The path itself; missing where something must follow. */
  readonly accessor?: Accessor;
  /** The path with square brackets. */
  readonly keyed?: (keys: readonly Key[]) => Accessor;
  /** What may follow after a dot. */
  readonly fields?: PathTable;
}

export type PathTable = Readonly<Record<string, PathDefinition>>;

export interface PathSegment {
  readonly name: string;
  readonly offset: number;
  readonly keys: readonly Key[];
}

/** One context's paths, and where they are documented. */
export interface PathSet {
  readonly name: string;
  readonly paths: PathTable;
}

const DOCUMENTATION = "https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/contexts";

/** Follows the segments through the table. `text` is the path as it was written. */
export function accessorOf(set: PathSet, segments: readonly PathSegment[], text: string): Accessor {
  let table = set.paths;
  for (const [i, segment] of segments.entries()) {
    const definition = Object.hasOwn(table, segment.name) ? table[segment.name]! : undefined;
    if (definition === undefined) throw unknownSegment(set, table, segment, text);
    const next = segments[i + 1];
    if (next === undefined) return lastAccessor(set, definition, segment, text);
    if (definition.fields === undefined) {
      throw new OttlSyntaxError(
        next.offset,
        `the path section ${JSON.stringify(next.name)} was not used by the context - this likely means you are using extra path sections`,
      );
    }
    if (segment.keys.length > 0) throw unusedKeys(segment);
    table = definition.fields;
  }
  throw new OttlSyntaxError(0, "cannot make a path from zero fields");
}

function lastAccessor(
  set: PathSet,
  { accessor, keyed, fields = {} }: PathDefinition,
  last: PathSegment,
  text: string,
): Accessor {
  if (last.keys.length > 0) {
    if (keyed === undefined) throw unusedKeys(last);
    return keyed(last.keys);
  }
  if (accessor === undefined) throw unknownSegment(set, fields, last, text);
  return accessor;
}

function unusedKeys({ name, offset }: PathSegment): OttlSyntaxError {
  return new OttlSyntaxError(
    offset,
    `the keys indexing ${JSON.stringify(name)} were not used by the context - this likely means you are trying to index a path that does not support indexing`,
  );
}

function unknownSegment(set: PathSet, table: PathTable, { name, offset }: PathSegment, text: string): OttlSyntaxError {
  const near = nearest(name, Object.keys(table));
  return new OttlSyntaxError(
    offset,
    `segment ${JSON.stringify(name)} from path ${JSON.stringify(text)} is not a valid path nor a valid OTTL keyword for the ${set.name} context - review ${DOCUMENTATION}/ottl${set.name} to see all valid paths`,
    {
      remedy: near === undefined ? `known: ${Object.keys(table).join(", ")}` : `did you mean ${JSON.stringify(near)}?`,
    },
  );
}
