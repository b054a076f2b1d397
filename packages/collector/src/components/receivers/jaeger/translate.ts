/** Jaeger's spans as OTLP has them. */
import { encode, payloadOf, PROTOCOLS, type AnyValueObject, type Payload } from "@clew/otlp";
import type { JaegerBatch, JaegerProcess, JaegerReference, JaegerSpan, Tag } from "./jaeger-span.ts";

const KINDS: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const [OK, ERROR] = [1, 2];
const [SERVER, CLIENT] = [2, 3];
const SAMPLED = 1;
/** The service of spans whose resource had none when they became Jaeger's. */
const NO_SERVICE_NAME = "OTLPResourceNoServiceName";

type Attributes = Map<string, AnyValueObject>;

/** Undefined where there is no span. */
export function payloadOfBatch(batch: JaegerBatch): Payload | undefined {
  if (batch.spans.length === 0) return undefined;
  const byProcess = new Map<string, { process: JaegerProcess | undefined; spans: JaegerSpan[] }>();
  for (const span of batch.spans) {
    const process = span.process ?? batch.process;
    const key = processKey(process);
    const group = byProcess.get(key) ?? { process, spans: [] };
    group.spans.push(span);
    byProcess.set(key, group);
  }
  const resourceSpans = [...byProcess.values()].map(({ process, spans }) => ({
    resource: { attributes: listOf(resourceAttributes(process)) },
    scopeSpans: scopesOf(spans),
  }));
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans }));
}

function processKey(process: JaegerProcess | undefined): string {
  return JSON.stringify(process, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)) ?? "";
}

function resourceAttributes(process: JaegerProcess | undefined): Attributes {
  const attributes: Attributes = new Map();
  if (process === undefined || process.serviceName === NO_SERVICE_NAME) return attributes;
  if (process.serviceName !== "") attributes.set("service.name", { stringValue: process.serviceName });
  for (const [key, value] of process.tags) attributes.set(key, value);
  rename(attributes, "hostname", "host.name", (value) => value);
  rename(attributes, "jaeger.version", "opencensus.exporterversion", (value) => ({
    stringValue: `Jaeger-${value.stringValue ?? ""}`,
  }));
  return attributes;
}

function rename(
  attributes: Attributes,
  from: string,
  to: string,
  change: (value: AnyValueObject) => AnyValueObject,
): void {
  const value = attributes.get(from);
  if (value === undefined || attributes.has(to)) return;
  attributes.set(to, change(value));
  attributes.delete(from);
}

function scopesOf(spans: readonly JaegerSpan[]): object[] {
  const scopes = new Map<string, { scope: object; spans: object[] }>();
  for (const span of spans) {
    const attributes: Attributes = new Map(span.tags);
    const name = takeText(attributes, "otel.scope.name") ?? takeText(attributes, "otel.library.name") ?? "";
    const version = takeText(attributes, "otel.scope.version") ?? takeText(attributes, "otel.library.version") ?? "";
    const key = `${name}\0${version}`;
    const scope = scopes.get(key) ?? { scope: { name, version }, spans: [] };
    scope.spans.push(spanOf(span, attributes));
    scopes.set(key, scope);
  }
  return [...scopes.values()];
}

function spanOf(span: JaegerSpan, attributes: Attributes): object {
  const parentSpanId = parentOf(span);
  const kind = KINDS[takeText(attributes, "span.kind") ?? ""] ?? 0;
  const status = takeStatus(attributes, kind);
  const traceState = takeText(attributes, "w3c.tracestate") ?? "";
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: span.flags & SAMPLED,
    name: span.operationName,
    kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.startTimeUnixNano + span.durationNano,
    attributes: listOf(attributes),
    events: span.logs.map(({ timeUnixNano, fields }) => eventOf(timeUnixNano, fields)),
    links: linksOf(span.references, parentSpanId),
    ...(status === undefined ? {} : { status }),
  };
}

/** What the span says, else its first reference within the trace; `CHILD_OF` counts more. */
function parentOf({ parentSpanId, references, traceId }: JaegerSpan): Buffer | undefined {
  if (parentSpanId !== undefined) return parentSpanId;
  const within = references.filter((one) => one.traceId.equals(traceId));
  return (within.find(({ isChildOf }) => isChildOf) ?? within[0])?.spanId;
}

function linksOf(references: readonly JaegerReference[], parentSpanId: Buffer | undefined): object[] {
  return references
    .filter(({ spanId, isChildOf }) => !(isChildOf && parentSpanId !== undefined && spanId.equals(parentSpanId)))
    .map(({ traceId, spanId, isChildOf }) => ({
      traceId,
      spanId,
      attributes: [{ key: "opentracing.ref_type", value: { stringValue: isChildOf ? "child_of" : "follows_from" } }],
    }));
}

function eventOf(timeUnixNano: bigint, fields: readonly Tag[]): object {
  const attributes: Attributes = new Map(fields);
  const name = takeText(attributes, "event") ?? "";
  return { timeUnixNano, name, attributes: listOf(attributes) };
}

interface Status {
  readonly code: number;
  readonly message: string;
}

/** The `error` tag decides; then what OpenTelemetry set; then the HTTP status. */
function takeStatus(attributes: Attributes, kind: number): Status | undefined {
  const httpMessage = attributes.get("http.status_message")?.stringValue ?? "";
  if (attributes.get("error")?.boolValue === true) {
    attributes.delete("error");
    const message = takeText(attributes, "otel.status_description") ?? httpMessage;
    attributes.delete("otel.status_code");
    return { code: ERROR, message };
  }
  const otelCode = attributes.get("otel.status_code");
  if (otelCode !== undefined) {
    attributes.delete("otel.status_code");
    const text = (otelCode.stringValue ?? "").toUpperCase();
    const message = takeText(attributes, "otel.status_description") ?? "";
    return { code: text === "OK" ? OK : text === "ERROR" ? ERROR : 0, message };
  }
  const http = attributes.get("http.status_code") ?? attributes.get("http.response.status_code");
  return isHttpError(http, kind) ? { code: ERROR, message: httpMessage } : undefined;
}

/** 4xx is the client's error, and not the server's. */
function isHttpError(value: AnyValueObject | undefined, kind: number): boolean {
  const text = value?.intValue ?? value?.stringValue;
  if (text === undefined || !/^-?\d+$/.test(String(text))) return false;
  const code = Number(text);
  if (code >= 400 && code < 500 && kind === SERVER) return false;
  if (code >= 400 && code < 500 && kind === CLIENT) return true;
  return code < 100 || code >= 400;
}

/** The text of an attribute, which is taken out. */
function takeText(attributes: Attributes, key: string): string | undefined {
  const text = attributes.get(key)?.stringValue;
  if (text !== undefined) attributes.delete(key);
  return text;
}

function listOf(attributes: Attributes): object[] {
  return [...attributes].map(([key, value]) => ({ key, value }));
}
