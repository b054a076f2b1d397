/** OTLP traces in the JSON of Jaeger's own UI, by OpenTelemetry's mapping to Jaeger. */
import type { JsonKeyValue, JsonResourceSpans, JsonSpan } from "@clew/store";
import { plainText } from "../plain-value.ts";

export interface JaegerTag {
  readonly key: string;
  readonly type: "string" | "bool" | "int64" | "float64" | "binary";
  readonly value: string | boolean | number;
}

interface JaegerReference {
  readonly refType: "CHILD_OF" | "FOLLOWS_FROM";
  readonly traceID: string;
  readonly spanID: string;
}

/** Times and durations are microseconds. */
interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly flags?: number;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly JaegerTag[] }[];
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly JaegerTag[] }>>;
  readonly warnings: readonly string[] | null;
}

const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

export function jaegerTrace(
  traceId: string,
  resourceSpans: readonly JsonResourceSpans[],
  truncated: boolean,
): JaegerTrace {
  const spans: JaegerSpan[] = [];
  const processes: Record<string, { serviceName: string; tags: JaegerTag[] }> = {};
  for (const [i, { resource, scopeSpans }] of resourceSpans.entries()) {
    const processID = `p${i + 1}`;
    processes[processID] = process(resource.attributes);
    for (const { scope, spans: items } of scopeSpans) {
      const scopeTags = [...textTag("otel.scope.name", scope.name), ...textTag("otel.scope.version", scope.version)];
      for (const span of items) spans.push(jaegerSpan(span, processID, scopeTags));
    }
  }
  const warnings = truncated ? ["the trace has more spans than are shown"] : null;
  return { traceID: traceId, spans, processes, warnings };
}

function process(attributes: readonly JsonKeyValue[]): { serviceName: string; tags: JaegerTag[] } {
  const tags = attributes.map(tagOf);
  const service = tags.find((tag) => tag.key === "service.name");
  return {
    serviceName: service === undefined ? "OTLPResourceNoServiceName" : String(service.value),
    tags: tags.filter((tag) => tag !== service),
  };
}

function jaegerSpan(span: JsonSpan, processID: string, scopeTags: readonly JaegerTag[]): JaegerSpan {
  const start = BigInt(span.startTimeUnixNano);
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    ...(span.flags === undefined ? {} : { flags: span.flags & 0xff }),
    operationName: span.name,
    references: referencesOf(span),
    startTime: Number(start / 1_000n),
    duration: Number((BigInt(span.endTimeUnixNano) - start) / 1_000n),
    tags: [...(span.attributes ?? []).map(tagOf), ...scopeTags, ...kindAndStatusTags(span)],
    logs: (span.events ?? []).map(({ timeUnixNano, name, attributes }) => ({
      timestamp: Number(BigInt(timeUnixNano) / 1_000n),
      fields: [...textTag("event", name), ...(attributes ?? []).map(tagOf)],
    })),
    processID,
    warnings: null,
  };
}

function referencesOf(span: JsonSpan): JaegerReference[] {
  const links = (span.links ?? []).map(({ traceId, spanId }) => ({
    refType: "FOLLOWS_FROM" as const,
    traceID: traceId,
    spanID: spanId,
  }));
  if (span.parentSpanId === undefined) return links;
  return [{ refType: "CHILD_OF", traceID: span.traceId, spanID: span.parentSpanId }, ...links];
}

function kindAndStatusTags({ kind = 0, status, traceState }: JsonSpan): JaegerTag[] {
  const tags = [...textTag("span.kind", KINDS[kind])];
  if (status?.code === 1) tags.push(...textTag("otel.status_code", "OK"));
  if (status?.code === 2)
    tags.push({ key: "error", type: "bool", value: true }, ...textTag("otel.status_code", "ERROR"));
  return [...tags, ...textTag("otel.status_description", status?.message), ...textTag("w3c.tracestate", traceState)];
}

function textTag(key: string, value: string | undefined): JaegerTag[] {
  return value === undefined || value === "" ? [] : [{ key, type: "string", value }];
}

function tagOf({ key, value }: JsonKeyValue): JaegerTag {
  if ("boolValue" in value) return { key, type: "bool", value: value.boolValue };
  if ("intValue" in value) return { key, type: "int64", value: wholeNumber(value.intValue) };
  if ("doubleValue" in value) return { key, type: "float64", value: value.doubleValue };
  if ("bytesValue" in value) return { key, type: "binary", value: value.bytesValue };
  return { key, type: "string", value: plainText(value) };
}

/** As text where a number of JSON's readers would not be the same any more. */
function wholeNumber(text: string): number | string {
  return Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
