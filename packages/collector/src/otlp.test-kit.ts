/** Telemetry for tests: whole requests, by what matters of them. */
import { encode, payloadOf, PROTOCOLS, type Payload, type Signal } from "@clew/otlp";

export interface Attributes {
  readonly [key: string]: string | number;
}

export function attributesOf(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: BigInt(value) },
  }));
}

/** One resource with one span of each name. */
export function tracesOf(names: readonly string[], resource: Attributes = { "service.name": "test" }): Payload {
  const spans = names.map((name) => ({ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name }));
  return payload("traces", {
    resourceSpans: [
      { resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope: { name: "kit" }, spans }] },
    ],
  });
}

/** One resource with one log record of each body. */
export function logsOf(bodies: readonly string[], resource: Attributes = { "service.name": "test" }): Payload {
  const logRecords = bodies.map((text) => ({ timeUnixNano: 1n, body: { stringValue: text } }));
  return payload("logs", {
    resourceLogs: [{ resource: { attributes: attributesOf(resource) }, scopeLogs: [{ logRecords }] }],
  });
}

/** One resource with these metrics, as `decode` would give them. */
export function metricsOf(metrics: readonly object[], resource: Attributes = { "service.name": "test" }): Payload {
  return payload("metrics", {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [{ scope: { name: "kit", version: "1" }, metrics }],
      },
    ],
  });
}

function payload(signal: Signal, object: object): Payload {
  return payloadOf(signal, encode(PROTOCOLS[signal].request, object));
}
