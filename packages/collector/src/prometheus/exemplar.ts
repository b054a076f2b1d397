import type { ExemplarObject } from "@clew/otlp";
import { attributeLabels, sortedLabels } from "./labels.ts";
import type { Naming } from "./naming.ts";

/** An example of what a sample counted, with the trace that it was part of. */
export interface PrometheusExemplar {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly timestampMs: number;
}

/** OpenMetrics allows no more characters in an exemplar's labels. */
const MAX_CHARACTERS = 128;

/** The filtered attributes are there only where all of them have room. */
export function prometheusExemplar(exemplar: ExemplarObject, naming: Naming): PrometheusExemplar {
  const { asInt, asDouble, traceId, spanId, timeUnixNano, filteredAttributes } = exemplar;
  const ids: [string, string][] = [];
  if (traceId.length > 0) ids.push(["trace_id", hex(traceId)]);
  if (spanId.length > 0) ids.push(["span_id", hex(spanId)]);
  const all = [...ids, ...sortedLabels(attributeLabels(filteredAttributes, naming))];
  const characters = all.reduce((sum, [name, value]) => sum + lengthOf(name) + lengthOf(value), 0);
  return {
    labels: characters <= MAX_CHARACTERS ? all : ids,
    value: asInt === undefined ? (asDouble ?? 0) : Number(asInt),
    timestampMs: Number(timeUnixNano / 1_000_000n),
  };
}

/** In code points. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("hex");
}
