/** Payloads as the items of a live stream. */
import type { AnyValueObject, KeyValueObject, LogsObject, TracesObject } from "@clew/otlp";

export interface LiveFilter {
  /** What a log's body, or a span's name, must say. */
  readonly isBodyRight: (text: string) => boolean;
  /** Empty for all. */
  readonly services: readonly string[];
  readonly minSeverity: number;
  readonly traceId: string | undefined;
  readonly attributes: readonly LiveCondition[];
}

/** What one attribute's values, as text, must be like. */
export interface LiveCondition {
  readonly key: string;
  readonly isMet: (values: readonly string[]) => boolean;
}

export interface LiveItem {
  readonly event: "log" | "span" | "skipped";
  /** JSON. */
  readonly data: string;
}

export function liveLogs({ resourceLogs }: LogsObject, filter: LiveFilter): LiveItem[] {
  const items: LiveItem[] = [];
  for (const { resource, scopeLogs } of resourceLogs) {
    const resourceAttributes = resource?.attributes ?? [];
    const service = textOf(find(resourceAttributes, "service.name"));
    for (const { scope, logRecords } of scopeLogs) {
      for (const record of logRecords) {
        const bodyText = textOf(record.body);
        const traceId = hex(record.traceId);
        if (record.severityNumber < filter.minSeverity) continue;
        if (!matches(filter, service, bodyText, traceId, [...record.attributes, ...resourceAttributes])) continue;
        const time = record.timeUnixNano === 0n ? record.observedTimeUnixNano : record.timeUnixNano;
        const { severityNumber, severityText, eventName } = record;
        const attributes = plainAttributes(record.attributes);
        const ids = { traceId, spanId: hex(record.spanId) };
        const item = {
          timestampUnixNano: String(time),
          service,
          scope: scope?.name ?? "",
          severityNumber,
          severityText,
          bodyText,
          eventName,
        };
        items.push({ event: "log", data: JSON.stringify({ ...item, ...ids, attributes }) });
      }
    }
  }
  return items;
}

export function liveSpans({ resourceSpans }: TracesObject, filter: LiveFilter): LiveItem[] {
  const items: LiveItem[] = [];
  for (const { resource, scopeSpans } of resourceSpans) {
    const resourceAttributes = resource?.attributes ?? [];
    const service = textOf(find(resourceAttributes, "service.name"));
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      const traceId = hex(span.traceId);
      if (!matches(filter, service, span.name, traceId, [...span.attributes, ...resourceAttributes])) continue;
      const { name, kind, startTimeUnixNano, endTimeUnixNano } = span;
      const ids = { traceId, spanId: hex(span.spanId), parentSpanId: hex(span.parentSpanId) };
      const times = {
        startUnixNano: String(startTimeUnixNano),
        durationNanos: String(endTimeUnixNano - startTimeUnixNano),
      };
      items.push({
        event: "span",
        data: JSON.stringify({ ...ids, ...times, service, name, kind, error: span.status?.code === 2 }),
      });
    }
  }
  return items;
}

function matches(
  filter: LiveFilter,
  service: string,
  text: string,
  traceId: string,
  attributes: readonly KeyValueObject[],
): boolean {
  if (filter.services.length > 0 && !filter.services.includes(service)) return false;
  if (filter.traceId !== undefined && filter.traceId !== traceId) return false;
  if (!filter.isBodyRight(text)) return false;
  return filter.attributes.every(({ key, isMet }) => isMet(valuesOf(attributes, key)));
}

function valuesOf(attributes: readonly KeyValueObject[], key: string): string[] {
  return attributes.filter((attribute) => attribute.key === key).map(({ value }) => textOf(value));
}

function find(attributes: readonly KeyValueObject[], key: string): AnyValueObject | undefined {
  return attributes.find((attribute) => attribute.key === key)?.value;
}

function plainAttributes(attributes: readonly KeyValueObject[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, textOf(value)]));
}

function textOf(value: AnyValueObject | undefined): string {
  const plain = plainOf(value);
  return typeof plain === "string" ? plain : plain === undefined ? "" : JSON.stringify(plain);
}

function plainOf(value: AnyValueObject | undefined): unknown {
  if (value?.arrayValue !== undefined) return value.arrayValue.values.map(plainOf);
  if (value?.kvlistValue !== undefined)
    return Object.fromEntries(value.kvlistValue.values.map((entry) => [entry.key, plainOf(entry.value)]));
  if (value?.intValue !== undefined) return Number(value.intValue);
  if (value?.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString("base64");
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue;
}

function hex(id: Uint8Array): string {
  return Buffer.from(id).toString("hex");
}
