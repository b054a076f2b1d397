import { Labels } from "@clew/query";
import type { StoredExemplar } from "@clew/store";

/** A bound as the label `le` or `quantile` spells it: decimal, without an exponent. */
export function leOf(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return "+Inf";
  if (bound === Number.NEGATIVE_INFINITY) return "-Inf";
  const text = String(bound);
  const [digits = "", exponent] = text.split("e");
  if (exponent === undefined) return text;
  return Number(exponent) > 0
    ? BigInt(bound).toString()
    : bound.toFixed(Math.min(100, -Number(exponent) + digits.length)).replace(/0+$/, "");
}

/** The labels that Prometheus's OTLP receiver gives an exemplar. */
export function exemplarLabels({ traceId, spanId, attributes }: StoredExemplar): Labels {
  const ids: readonly (readonly [string, string])[] = [
    ["trace_id", traceId],
    ["span_id", spanId],
  ];
  return Labels.from([...attributes, ...ids.filter(([, id]) => id !== "")]);
}
