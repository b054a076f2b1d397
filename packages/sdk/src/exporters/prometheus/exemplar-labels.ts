import { compareHrTime, hrTimeToMs } from "../../common/hr-time.ts";
import type { Exemplar } from "../../metrics/metric-data.ts";
import { joinedLabels, labelsOf } from "./label-names.ts";
import type { Label, SampleExemplar } from "./metric-family.ts";
import type { TranslationStrategy } from "@clew/otlp/prometheus";

/** OpenMetrics 1.0 allows no more characters in an exemplar's labels. */
const MAX_CHARACTERS = 128;

/** Of the measurement that came last: a sample has room for one. */
export function latestExemplar(
  exemplars: readonly Exemplar[],
  strategy: TranslationStrategy,
): SampleExemplar | undefined {
  const [latest] = [...exemplars].sort((left, right) => compareHrTime(right.timestamp, left.timestamp));
  if (latest === undefined) return undefined;
  const { traceId, spanId, filteredAttributes, value, timestamp } = latest;
  const ids: Label[] = [];
  if (traceId !== undefined) ids.push(["trace_id", traceId]);
  if (spanId !== undefined) ids.push(["span_id", spanId]);
  const all = joinedLabels(ids, labelsOf(filteredAttributes, strategy));
  const characters = all.reduce((sum, label) => sum + Array.from(label.join("")).length, 0);
  return { labels: characters <= MAX_CHARACTERS ? all : ids, value, timestampMs: hrTimeToMs(timestamp) };
}
