import { SPAN_KINDS, STATUS_CODES } from "@clew/otlp";
import {
  expectInt,
  expectText,
  inner,
  int32,
  messages,
  text,
  uint32,
  write,
  type Accessor,
  type Place,
} from "../accessor.ts";
import { keyOfMap, type Key } from "../indexing.ts";
import { OttlError } from "../ottl-error.ts";
import { getTraceState, withTraceState } from "../trace-state.ts";
import { attributePath, idPath, timePaths } from "./common-paths.ts";
import type { PathDefinition, PathSet } from "./path-table.ts";

const span: Place = (context) => context.record;
const status: Place = (context) => context.record.one("status");

/** `Server` for `SPAN_KIND_SERVER`. */
const KIND_NAMES = SPAN_KINDS.map((kind) => kind.slice("SPAN_KIND_".length)).map(
  (name) => name[0] + name.slice(1).toLowerCase(),
);

/** The enumerations that statements about spans may name. */
export const SPAN_SYMBOLS: Readonly<Record<string, bigint>> = Object.fromEntries(
  [...SPAN_KINDS, ...STATUS_CODES].map((symbol) => [
    symbol,
    BigInt(
      Math.max((SPAN_KINDS as readonly string[]).indexOf(symbol), (STATUS_CODES as readonly string[]).indexOf(symbol)),
    ),
  ]),
);

export const SPAN_PATHS: PathSet = {
  name: "span",
  paths: {
    trace_id: idPath(span, "traceId", 16),
    span_id: idPath(span, "spanId", 8),
    parent_span_id: idPath(span, "parentSpanId", 8),
    trace_state: { accessor: text(span, "traceState"), keyed: traceStateKey },
    name: { accessor: text(span, "name") },
    kind: {
      accessor: int32(span, "kind"),
      fields: {
        string: kindText(KIND_NAMES, "unknown span kind string"),
        deprecated_string: kindText(SPAN_KINDS, "unknown span kind deprecated string"),
      },
    },
    ...timePaths(span, "start_time", "startTimeUnixNano"),
    ...timePaths(span, "end_time", "endTimeUnixNano"),
    attributes: attributePath(span),
    dropped_attributes_count: { accessor: uint32(span, "droppedAttributesCount") },
    events: { accessor: messages(span, "events", "ptrace.SpanEventSlice") },
    dropped_events_count: { accessor: uint32(span, "droppedEventsCount") },
    links: { accessor: messages(span, "links", "ptrace.SpanLinkSlice") },
    dropped_links_count: { accessor: uint32(span, "droppedLinksCount") },
    status: {
      accessor: inner(span, "status", "ptrace.Status"),
      fields: { code: { accessor: int32(status, "code") }, message: { accessor: text(status, "message") } },
    },
    flags: { accessor: flags() },
  },
};

function kindText(names: readonly string[], unknown: string): PathDefinition {
  return {
    accessor: {
      get: (context) => names[span(context).get("kind") as number] ?? "",
      set(context, value) {
        const name = expectText(value);
        const kind = names.indexOf(name);
        if (kind < 0) throw new OttlError(`${unknown}, ${name}`);
        write(context, span(context), "kind", kind);
      },
    },
  };
}

function traceStateKey(keys: readonly Key[]): Accessor {
  const [key] = keys;
  if (keys.length !== 1 || key === undefined) {
    throw new OttlError("must provide exactly 1 key when accessing trace_state");
  }
  if (typeof key !== "string") throw new OttlError("trace_state indexing type must be a string");
  return {
    get: (context) => getTraceState(span(context).get("traceState") as string, keyOfMap(key, context)),
    set(context, value) {
      const after = withTraceState(span(context).get("traceState") as string, key, expectText(value));
      if (after !== undefined) write(context, span(context), "traceState", after);
    },
  };
}

/** Unlike the other counts it is checked. */
function flags(): Accessor {
  const plain = uint32(span, "flags");
  return {
    get: (context) => plain.get(context),
    set(context, value) {
      const number = expectInt(value);
      if (number < 0n || number > 0xffff_ffffn) throw new OttlError(`value ${number} is out of range for uint32`);
      plain.set(context, number);
    },
  };
}
