/** What goes to one endpoint together. */
import {
  dataOf,
  MessageView,
  partitionPayload,
  recordType,
  Resource,
  SPAN_KINDS,
  TelemetryView,
  traceIdOf,
  type Payload,
  type RecordPlace,
  type Value,
  type ValueMap,
} from "@clew/otlp";
import { fmtFloat } from "../../../ottl/format/fmt.ts";
import { attributesKey, metricKey, pointKey } from "../../../metrics/stream-key.ts";
import type { RoutingKey } from "./config.ts";

/** A key of bytes is hashed as it is, text as UTF-8. */
export type EndpointFor = (key: Uint8Array | string) => string;

export interface Routing {
  /** With "", that of the signal: `service` for metrics, else `traceID`. */
  readonly key: RoutingKey | "";
  readonly attributes: readonly string[];
  readonly endpointFor: EndpointFor;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/** The parts of a payload by their endpoints. Throws what `endpointFor` throws. */
export function route(payload: Payload, routing: Routing): Map<string, Payload> {
  const key = routing.key === "" ? (payload.signal === "metrics" ? "service" : "traceID") : routing.key;
  if (key === "streamID") return partitionPoints(payload, routing.endpointFor);
  return partitionPayload(payload, endpointOf(payload, key, routing));
}

function endpointOf(payload: Payload, key: RoutingKey, routing: Routing): (place: RecordPlace) => string {
  const { endpointFor } = routing;
  if (key === "traceID") return byTrace(payload, routing);
  if (key === "metric")
    return ({ record }) => endpointFor(textAt(new MessageView(recordType("metrics"), record), "name"));
  if (key === "attributes" && payload.signal !== "metrics") return byAttributes(payload, routing);
  const keyOf = (resource: MessageView): string => {
    if (key === "service") return textOf(resource.attributes().get("service.name") ?? null);
    if (key === "resource") return attributesKey(resource.attributes());
    return routing.attributes.map((name) => pair(name, resource.attributes().get(name))).join("");
  };
  const found = perResource((resource) => endpointFor(keyOf(resource)));
  return ({ resource }) => found(resource);
}

/** Log records without a trace go anywhere, those of one payload together. */
function byTrace({ signal }: Payload, { endpointFor, random }: Routing): (place: RecordPlace) => string {
  const endpoints = new Map<string, string>();
  return ({ record }) => {
    const id = traceIdOf(signal as "traces" | "logs", record);
    let endpoint = endpoints.get(id);
    if (endpoint === undefined) {
      const isEmpty = signal === "logs" && id === "";
      endpoint = endpointFor(isEmpty ? String(random()) : Buffer.from(id, "latin1"));
      endpoints.set(id, endpoint);
    }
    return endpoint;
  };
}

function byAttributes({ signal }: Payload, { attributes, endpointFor }: Routing): (place: RecordPlace) => string {
  const type = recordType(signal);
  const resourceOf = perResource((view) => view.attributes());
  return ({ record, resource }) => {
    const around = resourceOf(resource);
    const view = new MessageView(type, record);
    const valueOf = (name: string): Value | undefined => {
      if (signal === "traces" && name === "span.name") return textAt(view, "name");
      if (signal === "traces" && name === "span.kind") return kindText(Number(view.get("kind")));
      return around.get(name) ?? view.attributes().get(name);
    };
    return endpointFor(attributes.map((name) => pair(name, valueOf(name))).join(""));
  };
}

function partitionPoints(payload: Payload, endpointFor: EndpointFor): Map<string, Payload> {
  const endpoints: string[] = [];
  eachPoint(payload, (metric, point) => void endpoints.push(endpointFor(pointKey(metric, point))));
  const parts = new Map<string, Payload>();
  for (const endpoint of new Set(endpoints)) {
    let next = 0;
    const part = eachPoint(payload, () => endpoints[next++] === endpoint);
    if (part !== undefined) parts.set(endpoint, part);
  }
  return parts;
}

/** The payload with the points that `keep` returns true for. */
function eachPoint(payload: Payload, keep: (metric: string, point: MessageView) => unknown): Payload | undefined {
  const view = new TelemetryView(payload);
  view.retain({
    record: (metric, scope, resource) => {
      const data = dataOf(metric);
      if (data === undefined) return false;
      const key = metricKey(metric, scope, resource);
      metric.one(data).retain("dataPoints", (point) => keep(key, point) === true);
      return metric.one(data).many("dataPoints").length > 0;
    },
  });
  return view.payload();
}

/** Remembers what it found for the last resource, since its records come one after the other. */
function perResource<T>(find: (resource: MessageView) => T): (resource: Uint8Array) => T {
  let last: { readonly resource: Uint8Array; readonly found: T } | undefined;
  return (resource) => {
    if (last?.resource !== resource) last = { resource, found: find(new MessageView(Resource, resource)) };
    return last.found;
  };
}

/** `name=value|`, as the original has it. */
function pair(name: string, value: Value | undefined): string {
  return `${name}=${textOf(value ?? null)}|`;
}

function textAt(view: MessageView, field: string): string {
  const value = view.get(field);
  return typeof value === "string" ? value : "";
}

/** `Server` for a span of a server. */
function kindText(kind: number): string {
  const name = (SPAN_KINDS[kind] ?? SPAN_KINDS[0]).slice("SPAN_KIND_".length).toLowerCase();
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Map) {
    const entries = [...(value as ValueMap)].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${key}:${textOf(inner)}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map((one: Value) => textOf(one)).join(",")}]`;
  return typeof value === "number" ? fmtFloat(value, 1e6) : (value as boolean | bigint).toString();
}
