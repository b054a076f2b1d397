/**
 * Columns that most spans have nothing in, in groups. `Has` of a span is the sum of the bits of the groups that it has something
 * in; that of a trace's hour, in `otel_traces_trace_id_ts`, of all its spans'. So a trace is read without the others,
 * which is a fifth to a quarter of what it costs (docs/adr/0024-rare-columns.md).
 */
interface RareColumns {
  readonly bit: number;
  /** Whether a span has something in one of them. */
  readonly isUsed: string;
  /** Name → what it is where there is nothing. */
  readonly columns: Readonly<Record<string, 0 | "" | readonly []>>;
}

export const RARE_COLUMNS: readonly RareColumns[] = [
  {
    bit: 1,
    isUsed: "ResourceDroppedAttributesCount != 0 OR ResourceSchemaUrl != ''",
    columns: { ResourceDroppedAttributesCount: 0, ResourceSchemaUrl: "" },
  },
  {
    bit: 2,
    isUsed: "notEmpty(ScopeAttributes) OR ScopeDroppedAttributesCount != 0 OR ScopeSchemaUrl != ''",
    columns: {
      ScopeAttributes: [],
      ScopeAttributesTypes: "",
      ScopeDroppedAttributesCount: 0,
      ScopeSchemaUrl: "",
    },
  },
  {
    bit: 4,
    isUsed: "TraceState != '' OR StatusMessage != ''",
    columns: { TraceState: "", StatusMessage: "" },
  },
  {
    bit: 8,
    isUsed: "DroppedAttributesCount != 0 OR DroppedEventsCount != 0 OR DroppedLinksCount != 0",
    columns: { DroppedAttributesCount: 0, DroppedEventsCount: 0, DroppedLinksCount: 0 },
  },
  {
    bit: 16,
    isUsed: "notEmpty(Events.Timestamp)",
    columns: {
      "Events.Timestamp": [],
      "Events.Name": [],
      "Events.Attributes": [],
      "Events.AttributesTypes": [],
      "Events.DroppedAttributesCount": [],
    },
  },
  {
    bit: 32,
    isUsed: "notEmpty(Links.TraceId)",
    columns: {
      "Links.TraceId": [],
      "Links.SpanId": [],
      "Links.TraceState": [],
      "Links.Attributes": [],
      "Links.AttributesTypes": [],
      "Links.DroppedAttributesCount": [],
      "Links.Flags": [],
    },
  },
];

/** What a trace has that was stored before that was noted: perhaps anything. */
export const HAS_ANYTHING = 255;

/** `Has` of a span, in SQL. */
export const HAS: string = `toUInt8(${RARE_COLUMNS.map(({ bit, isUsed }) => `${bit} * (${isUsed})`).join(" + ")})`;
