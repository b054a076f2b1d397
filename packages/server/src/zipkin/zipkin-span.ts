/**
 * OTLP spans in Zipkin's JSON of version 2, by OpenTelemetry's mapping to Zipkin, with the status as the Collector's
 * exporter writes it: what reads that back loses no status.
 */
import type { JsonKeyValue, JsonResourceSpans, JsonSpan } from "@clew/store";
import { plainText, plainValue } from "../plain-value.ts";

const KINDS = [undefined, undefined, "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const INTERNAL = 1;
const [OK, ERROR] = [1, 2];
/** The service of spans whose resource has none. */
const NO_SERVICE_NAME = "OTLPResourceNoServiceName";
const NANOS_PER_MICRO = 1_000n;

interface ZipkinEndpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

type Tags = Record<string, string>;

/** Spans without a trace id or an id are left out: Zipkin has none. */
export function zipkinSpans(resourceSpans: readonly JsonResourceSpans[]): object[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { "service.name": service = NO_SERVICE_NAME, ...resourceTags } = tagsOf(resource.attributes);
    return scopeSpans.flatMap(({ scope, spans }) => {
      const around: Tags = {
        ...resourceTags,
        ...(scope.name === undefined ? {} : { "otel.scope.name": scope.name }),
        ...(scope.version === undefined ? {} : { "otel.scope.version": scope.version }),
      };
      return spans
        .filter(({ traceId, spanId }) => traceId !== "" && spanId !== "")
        .map((span) => zipkinSpan(span, service, around));
    });
  });
}

function zipkinSpan(span: JsonSpan, service: string, around: Tags): object {
  const start = BigInt(span.startTimeUnixNano);
  const nanos = BigInt(span.endTimeUnixNano) - start;
  const own = tagsOf(span.attributes ?? []);
  const local = endpointOf(service, own["network.local.address"], own["net.host.port"] ?? own["network.local.port"]);
  const remote = endpointOf(
    own["service.peer.name"] ?? own["peer.service"],
    own["network.peer.address"],
    own["net.peer.port"] ?? own["network.peer.port"],
  );
  const kind = KINDS[span.kind ?? 0];
  return {
    traceId: span.traceId,
    id: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentId: span.parentSpanId }),
    name: span.name,
    ...(kind === undefined ? {} : { kind }),
    ...(start === 0n ? {} : { timestamp: Number(start / NANOS_PER_MICRO) }),
    ...(nanos <= 0n ? {} : { duration: Math.max(1, Number(nanos / NANOS_PER_MICRO)) }),
    localEndpoint: local,
    ...(remote === undefined ? {} : { remoteEndpoint: remote }),
    ...(span.events === undefined ? {} : { annotations: span.events.map(annotationOf) }),
    tags: { ...around, ...errorTag(span, own), ...stateTags(span) },
  };
}

/** The tag `error` makes a span a failed one, whatever it says; what it says of a failed one is kept. */
function errorTag({ status }: JsonSpan, own: Tags): Tags {
  if (status?.code === ERROR) return { error: "true", ...own };
  const { error, ...others } = own;
  return error === "false" ? others : own;
}

function stateTags(span: JsonSpan): Tags {
  const tags: Tags = {};
  if (span.traceState !== undefined) tags["w3c.tracestate"] = span.traceState;
  if (span.kind === INTERNAL) tags["span.kind"] = "internal";
  const { code = 0, message } = span.status ?? {};
  if (code === OK || code === ERROR) tags["otel.status_code"] = code === OK ? "Ok" : "Error";
  if (message !== undefined) tags["otel.status_description"] = message;
  for (const [i, link] of (span.links ?? []).entries()) {
    const { traceId, spanId, traceState = "", attributes = [], droppedAttributesCount = 0 } = link;
    tags[`otlp.link.${i}`] = [traceId, spanId, traceState, jsonText(attributes), droppedAttributesCount].join("|");
  }
  return tags;
}

function annotationOf(event: NonNullable<JsonSpan["events"]>[number]): object {
  const { timeUnixNano, name = "", attributes = [], droppedAttributesCount = 0 } = event;
  const timestamp = Number(BigInt(timeUnixNano) / NANOS_PER_MICRO);
  if (attributes.length === 0 && droppedAttributesCount === 0) return { timestamp, value: name };
  return { timestamp, value: [name, jsonText(attributes), droppedAttributesCount].join("|") };
}

function endpointOf(
  serviceName: string | undefined,
  address: string | undefined,
  portText: string | undefined,
): ZipkinEndpoint | undefined {
  if (serviceName === undefined && address === undefined) return undefined;
  const port = Number(portText);
  return {
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(address === undefined ? {} : { [address.includes(":") ? "ipv6" : "ipv4"]: address }),
    ...(Number.isInteger(port) && port > 0 ? { port } : {}),
  };
}

function tagsOf(attributes: readonly JsonKeyValue[]): Tags {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainText(value)]));
}

function jsonText(attributes: readonly JsonKeyValue[]): string {
  return JSON.stringify(Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value) ?? null])));
}
