/** Every field of every record, one on each line. */
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  SPAN_KINDS,
  type KeyValueObject,
  type LogRecordObject,
  type LogsObject,
  type MetricsObject,
  type Payload,
  type ResourceObject,
  type ScopeObject,
  type Signal,
  type SpanObject,
  type TracesObject,
} from "@clew/otlp";
import { metricLines } from "./detailed-metric.ts";
import { hex, timeText, typedText } from "./text.ts";

const STATUS_NAMES = ["Unset", "Ok", "Error"];

/** The lines of each signal's decoded request. */
const LINES: Readonly<Record<Signal, (request: unknown) => string[]>> = {
  traces: (request) => traces(request as TracesObject),
  metrics: (request) => metrics(request as MetricsObject),
  logs: (request) => logs(request as LogsObject),
};

/** Each line ends with a break. */
export function detailedText(payload: Payload): string {
  const lines = LINES[payload.signal](decode(PROTOCOLS[payload.signal].request, payloadBytes(payload)));
  return lines.map((line) => `${line}\n`).join("");
}

function traces({ resourceSpans }: TracesObject): string[] {
  return resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }, i) => [
    ...resourceLines("ResourceSpans", i, resource, schemaUrl),
    ...scopeSpans.flatMap(({ scope, schemaUrl: url, spans }, j) => [
      ...scopeLines("ScopeSpans", j, scope, url),
      ...spans.flatMap((span, k) => spanLines(span, k)),
    ]),
  ]);
}

function metrics({ resourceMetrics }: MetricsObject): string[] {
  return resourceMetrics.flatMap(({ resource, schemaUrl, scopeMetrics }, i) => [
    ...resourceLines("ResourceMetrics", i, resource, schemaUrl),
    ...scopeMetrics.flatMap(({ scope, schemaUrl: url, metrics: own }, j) => [
      ...scopeLines("ScopeMetrics", j, scope, url),
      ...own.flatMap((metric, k) => [`Metric #${k}`, ...metricLines(metric)]),
    ]),
  ]);
}

function logs({ resourceLogs }: LogsObject): string[] {
  return resourceLogs.flatMap(({ resource, schemaUrl, scopeLogs }, i) => [
    ...resourceLines("ResourceLog", i, resource, schemaUrl),
    ...scopeLogs.flatMap(({ scope, schemaUrl: url, logRecords }, j) => [
      ...scopeLines("ScopeLogs", j, scope, url),
      ...logRecords.flatMap((record, k) => recordLines(record, k)),
    ]),
  ]);
}

function resourceLines(
  title: string,
  index: number,
  resource: ResourceObject | undefined,
  schemaUrl: string,
): string[] {
  return [
    `${title} #${index}`,
    `Resource SchemaURL: ${schemaUrl}`,
    ...attributeLines("Resource attributes:", resource?.attributes ?? []),
    ...entityLines(resource),
  ];
}

function scopeLines(title: string, index: number, scope: ScopeObject | undefined, schemaUrl: string): string[] {
  return [
    `${title} #${index}`,
    `${title} SchemaURL: ${schemaUrl}`,
    `InstrumentationScope ${scope?.name ?? ""} ${scope?.version ?? ""}`,
    ...attributeLines("InstrumentationScope attributes:", scope?.attributes ?? []),
  ];
}

function spanLines(span: SpanObject, index: number): string[] {
  const kind = SPAN_KINDS[span.kind]?.replace("SPAN_KIND_", "").toLowerCase() ?? "";
  return [
    `Span #${index}`,
    `    Trace ID       : ${hex(span.traceId)}`,
    `    Parent ID      : ${hex(span.parentSpanId)}`,
    `    ID             : ${hex(span.spanId)}`,
    `    Name           : ${span.name}`,
    `    Kind           : ${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    ...(span.traceState === "" ? [] : [`    TraceState     : ${span.traceState}`]),
    `    Start time     : ${timeText(span.startTimeUnixNano)}`,
    `    End time       : ${timeText(span.endTimeUnixNano)}`,
    `    Status code    : ${STATUS_NAMES[span.status?.code ?? 0] ?? ""}`,
    `    Status message : ${span.status?.message ?? ""}`,
    `    DroppedAttributesCount: ${span.droppedAttributesCount}`,
    `    DroppedEventsCount: ${span.droppedEventsCount}`,
    `    DroppedLinksCount: ${span.droppedLinksCount}`,
    ...attributeLines("Attributes:", span.attributes),
    ...eventLines(span.events),
    ...linkLines(span.links),
  ];
}

function eventLines(events: SpanObject["events"]): string[] {
  if (events.length === 0) return [];
  return [
    "Events:",
    ...events.flatMap((event, i) => [
      `SpanEvent #${i}`,
      `     -> Name: ${event.name}`,
      `     -> Timestamp: ${timeText(event.timeUnixNano)}`,
      `     -> DroppedAttributesCount: ${event.droppedAttributesCount}`,
      ...attributeLines("     -> Attributes::", event.attributes, "          "),
    ]),
  ];
}

function linkLines(links: SpanObject["links"]): string[] {
  if (links.length === 0) return [];
  return [
    "Links:",
    ...links.flatMap((link, i) => [
      `SpanLink #${i}`,
      `     -> Trace ID: ${hex(link.traceId)}`,
      `     -> ID: ${hex(link.spanId)}`,
      `     -> TraceState: ${link.traceState}`,
      `     -> DroppedAttributesCount: ${link.droppedAttributesCount}`,
      ...attributeLines("     -> Attributes::", link.attributes, "          "),
    ]),
  ];
}

function recordLines(record: LogRecordObject, index: number): string[] {
  return [
    `LogRecord #${index}`,
    `ObservedTimestamp: ${timeText(record.observedTimeUnixNano)}`,
    `Timestamp: ${timeText(record.timeUnixNano)}`,
    `SeverityText: ${record.severityText}`,
    `SeverityNumber: ${severityName(record.severityNumber)}(${record.severityNumber})`,
    ...(record.eventName === "" ? [] : [`EventName: ${record.eventName}`]),
    `Body: ${typedText(record.body)}`,
    ...attributeLines("Attributes:", record.attributes),
    `Trace ID: ${hex(record.traceId)}`,
    `Span ID: ${hex(record.spanId)}`,
    `Flags: ${record.flags}`,
  ];
}

/** Nothing where there are none. */
function attributeLines(title: string, attributes: readonly KeyValueObject[], indent = "     "): string[] {
  if (attributes.length === 0) return [];
  return [title, ...attributes.map(({ key, value }) => `${indent}-> ${key}: ${typedText(value)}`)];
}

function entityLines(resource: ResourceObject | undefined): string[] {
  const refs = resource?.entityRefs ?? [];
  if (refs.length === 0) return [];
  const keys = (title: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`          -> ${title}:`, ...names.map((name) => `               -> ${name}`)];
  return [
    "Resource entity refs:",
    ...refs.flatMap(({ type, schemaUrl, idKeys, descriptionKeys }, i) => [
      `     -> Entity ref #${i}:`,
      `          -> Type: ${type}`,
      ...(schemaUrl === "" ? [] : [`          -> Schema URL: ${schemaUrl}`]),
      ...keys("ID keys", idKeys),
      ...keys("Description keys", descriptionKeys),
    ]),
  ];
}

function severityName(number: number): string {
  if (number < 1 || number > 24) return number === 0 ? "Unspecified" : "";
  const name = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal"][Math.floor((number - 1) / 4)] ?? "";
  const step = ((number - 1) % 4) + 1;
  return step === 1 ? name : `${name}${step}`;
}
