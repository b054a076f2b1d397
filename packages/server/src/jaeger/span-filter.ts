/** What the parameters of Jaeger's searches mean to the store. */
import { ClewError, parseDuration } from "@clew/base";
import type { AttributeFilter, SpanFilter, TimeWindow } from "@clew/store";

const KIND_NUMBERS: Readonly<Record<string, number>> = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** The number of a span kind as Jaeger spells it, undefined for a word that is none. */
export function kindNumber(kind: string): number | undefined {
  return KIND_NUMBERS[kind.toLowerCase().replace(/^span_kind_/, "")];
}

export function kindName(kind: number): string {
  return Object.keys(KIND_NUMBERS)[kind] ?? "unspecified";
}

/** A refusal that the client can mend, with the status that Jaeger gives it. */
export function badParameter(what: string): ClewError {
  return new ClewError("QUERY_BAD_PARAMETER", what, { remedy: "see the parameters of Jaeger's query API" });
}

/** Jaeger's tags that are columns or codes with us become conditions on those. */
export function withTags(filter: SpanFilter, tags: Readonly<Record<string, string>>): SpanFilter {
  let result = filter;
  const attributes: AttributeFilter[] = [...(filter.attributes ?? [])];
  for (const [key, value] of Object.entries(tags)) {
    const kind = key === "span.kind" ? kindNumber(value) : undefined;
    if (key === "error" && value === "true") result = { ...result, errorsOnly: true };
    else if (key === "otel.status_code" && value === "ERROR") result = { ...result, errorsOnly: true };
    else if (kind !== undefined) result = { ...result, kind };
    else attributes.push({ key, operator: "=", value });
  }
  return { ...result, attributes };
}

/** A Go duration in nanoseconds, undefined for an absent one. */
export function durationNanos(text: string | undefined, name: string): bigint | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return BigInt(Math.round(parseDuration(text) * 1e6));
  } catch {
    throw badParameter(`unable to parse param '${name}': time: invalid duration ${JSON.stringify(text)}`);
  }
}

export function windowOf(startUnixNano: bigint, endUnixNano: bigint): TimeWindow {
  return { startUnixNano, endUnixNano };
}
