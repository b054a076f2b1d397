/** Rows of `otel_traces`, back in OTLP/JSON. */
import { HAS_ANYTHING, RARE_COLUMNS } from "../schema/rare-columns.ts";
import { SPAN_KIND_NAMES, STATUS_CODE_NAMES } from "../transcode/spans.ts";
import { attributesOf, type JsonKeyValue } from "./attribute-values.ts";
import {
  nestByResource,
  RESOURCE_COLUMN_COUNT,
  RESOURCE_COLUMNS,
  unlessEmpty,
  unlessZero,
  type JsonResource,
  type JsonScope,
  type Pairs,
  type ResourceRow,
} from "./resource-rows.ts";

const SPAN_COLUMNS = [
  "Timestamp",
  "TraceId",
  "SpanId",
  "ParentSpanId",
  "TraceState",
  "SpanName",
  "SpanKind",
  "SpanFlags",
  "Duration",
  "StatusCode",
  "StatusMessage",
  "SpanAttributes",
  "SpanAttributesTypes",
  "DroppedAttributesCount",
  "DroppedEventsCount",
  "DroppedLinksCount",
  "Events.Timestamp",
  "Events.Name",
  "Events.Attributes",
  "Events.AttributesTypes",
  "Events.DroppedAttributesCount",
  "Links.TraceId",
  "Links.SpanId",
  "Links.TraceState",
  "Links.Attributes",
  "Links.AttributesTypes",
  "Links.DroppedAttributesCount",
  "Links.Flags",
];

/** Times are read as nanoseconds. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  Timestamp: "toUnixTimestamp64Nano(Timestamp)",
  "Events.Timestamp": "arrayMap(t -> toUnixTimestamp64Nano(t), Events.Timestamp)",
};

export type SpanRow = readonly unknown[];

/** What is asked of spans of which is known what they have, and how that becomes whole rows. */
export class SpanSelect {
  /** The columns of a `SpanRow` without those of the groups that are absent. */
  readonly sql: string;
  /** For each column of a `SpanRow`, its place in what is read, or what it is where it is absent. */
  readonly #sources: readonly (number | { readonly empty: unknown })[];

  /** `has`: the bits of the groups of rare columns that are read. */
  constructor(has: number) {
    const absent = RARE_COLUMNS.filter(({ bit }) => (has & bit) === 0);
    const empty: Readonly<Record<string, unknown>> = Object.assign({}, ...absent.map(({ columns }) => columns));
    const all = [...RESOURCE_COLUMNS, ...SPAN_COLUMNS];
    const read = all.filter((column) => !(column in empty));
    this.sql = read.map((column) => EXPRESSIONS[column] ?? column).join(", ");
    this.#sources = all.map((column) => (column in empty ? { empty: empty[column] } : read.indexOf(column)));
  }

  /** A row as it is with every column. What was read behind them is left out. */
  whole(row: readonly unknown[]): SpanRow {
    return this.#sources.map((source) => (typeof source === "number" ? row[source] : source.empty));
  }
}

export const SPAN_SELECT: string = new SpanSelect(HAS_ANYTHING).sql;

/** The columns that say which span a row is; a row that has them like another was sent twice. */
const IDENTITY = ["TraceId", "Timestamp", "SpanId", "SpanKind"].map(
  (column) => RESOURCE_COLUMN_COUNT + SPAN_COLUMNS.indexOf(column),
);
const [TRACE_ID_AT, TIMESTAMP_AT] = IDENTITY as [number, number];

export function traceIdOf(row: SpanRow): string {
  return row[TRACE_ID_AT] as string;
}

/** By trace, time, span and kind, each span once. */
export function sortedOnce(rows: readonly SpanRow[]): SpanRow[] {
  const sorted = rows.toSorted(byIdentity);
  return sorted.filter((row, i) => i === 0 || byIdentity(row, sorted[i - 1]!) !== 0);
}

function byIdentity(a: SpanRow, b: SpanRow): number {
  for (const at of IDENTITY) {
    const [left, right] = [a[at] as string, b[at] as string];
    if (left === right) continue;
    return (at === TIMESTAMP_AT ? isEarlier(left, right) : left < right) ? -1 : 1;
  }
  return 0;
}

/** Of decimal numbers. Nearly all times have as many digits and no sign, and compare as they are. */
function isEarlier(left: string, right: string): boolean {
  const compareAsText = left.length === right.length && !left.startsWith("-");
  return compareAsText ? left < right : BigInt(left) < BigInt(right);
}

export interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind?: number;
  readonly flags?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly JsonKeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events?: readonly JsonSpanEvent[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly JsonLink[];
  readonly droppedLinksCount?: number;
  readonly status?: { readonly code?: number; readonly message?: string };
}

export interface JsonSpanEvent {
  readonly timeUnixNano: string;
  readonly name?: string;
  readonly attributes?: readonly JsonKeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface JsonLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly attributes?: readonly JsonKeyValue[];
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
}

export interface JsonResourceSpans {
  readonly resource: JsonResource;
  readonly scopeSpans: readonly {
    readonly scope: JsonScope;
    readonly spans: readonly JsonSpan[];
    readonly schemaUrl?: string;
  }[];
  readonly schemaUrl?: string;
}

/** The rows' spans under their resources and scopes. */
export function resourceSpansOf(rows: readonly SpanRow[]): JsonResourceSpans[] {
  const items = rows.map((row) => ({
    row: row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow,
    item: spanOf(row),
  }));
  return nestByResource(items, ({ resource, resourceSchemaUrl }, scopes) => ({
    resource,
    scopeSpans: scopes.map(({ parts, items }) => ({
      scope: parts.scope,
      spans: items,
      ...unlessEmpty("schemaUrl", parts.scopeSchemaUrl),
    })),
    ...unlessEmpty("schemaUrl", resourceSchemaUrl),
  }));
}

function spanOf(row: SpanRow): JsonSpan {
  const [start, traceId, spanId, parentSpanId, traceState, name, kind, flags, duration, statusCode, statusMessage] =
    row.slice(RESOURCE_COLUMN_COUNT) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      number,
      string,
      string,
      string,
    ];
  const [attributes, types, droppedAttributes, droppedEvents, droppedLinks] = row.slice(RESOURCE_COLUMN_COUNT + 11) as [
    Pairs,
    string,
    number,
    number,
    number,
  ];
  const startTime = BigInt.asUintN(64, BigInt(start));
  const kindNumber = numberOf(SPAN_KIND_NAMES, kind);
  return {
    traceId,
    spanId,
    ...unlessEmpty("parentSpanId", parentSpanId),
    ...unlessEmpty("traceState", traceState),
    name,
    ...unlessZero("kind", kindNumber),
    ...unlessZero("flags", flags),
    startTimeUnixNano: startTime.toString(),
    endTimeUnixNano: BigInt.asUintN(64, startTime + BigInt(duration)).toString(),
    ...unlessNone("attributes", attributesOf(attributes, types)),
    ...unlessZero("droppedAttributesCount", droppedAttributes),
    ...unlessNone("events", eventsOf(row)),
    ...unlessZero("droppedEventsCount", droppedEvents),
    ...unlessNone("links", linksOf(row)),
    ...unlessZero("droppedLinksCount", droppedLinks),
    ...statusOf(numberOf(STATUS_CODE_NAMES, statusCode), statusMessage),
  };
}

function statusOf(code: number, message: string): { status?: JsonSpan["status"] & {} } {
  if (code === 0 && message === "") return {};
  return { status: { ...unlessZero("code", code), ...unlessEmpty("message", message) } };
}

function eventsOf(row: SpanRow): JsonSpanEvent[] {
  const [times, names, attributes, types, dropped] = row.slice(RESOURCE_COLUMN_COUNT + 16) as [
    string[],
    string[],
    Pairs[],
    string[],
    number[],
  ];
  return times.map((time, i) => ({
    timeUnixNano: BigInt.asUintN(64, BigInt(time)).toString(),
    ...unlessEmpty("name", names[i] ?? ""),
    ...unlessNone("attributes", attributesOf(attributes[i] ?? [], types[i] ?? "")),
    ...unlessZero("droppedAttributesCount", dropped[i] ?? 0),
  }));
}

function linksOf(row: SpanRow): JsonLink[] {
  const [traceIds, spanIds, traceStates, attributes, types, dropped, flags] = row.slice(RESOURCE_COLUMN_COUNT + 21) as [
    string[],
    string[],
    string[],
    Pairs[],
    string[],
    number[],
    number[],
  ];
  return traceIds.map((traceId, i) => ({
    traceId,
    spanId: spanIds[i] ?? "",
    ...unlessEmpty("traceState", traceStates[i] ?? ""),
    ...unlessNone("attributes", attributesOf(attributes[i] ?? [], types[i] ?? "")),
    ...unlessZero("droppedAttributesCount", dropped[i] ?? 0),
    ...unlessZero("flags", flags[i] ?? 0),
  }));
}

/** The number behind a kind's or status's name; unknown ones were stored as digits. */
export function numberOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  return index >= 0 ? index : Number(name) || 0;
}

export function unlessNone<Name extends string, Item>(
  name: Name,
  items: readonly Item[],
): { readonly [K in Name]?: readonly Item[] } {
  return items.length === 0 ? {} : ({ [name]: items } as { readonly [K in Name]: readonly Item[] });
}
