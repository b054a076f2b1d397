import type { AnyValueObject } from "@clew/otlp";

/** A tag's value: its text, or what the text looks like where that is asked for. */
export function tagValue(text: string, isParsed: boolean): AnyValueObject {
  if (!isParsed) return { stringValue: text };
  if (/^-?\d+$/.test(text)) return { intValue: BigInt.asIntN(64, BigInt(text)) };
  if (/^-?\d+\.\d+$/.test(text)) return { doubleValue: Number(text) };
  return text === "true" || text === "false" ? { boolValue: text === "true" } : { stringValue: text };
}

/** Marks spans that came without a start. */
export const START_TIME_ABSENT = "otel.zipkin.absentField.startTime";
