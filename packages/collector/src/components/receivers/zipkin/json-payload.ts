import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { spansOfJson } from "./json-spans.ts";
import { resourceSpansOf } from "./translate.ts";
import { resourceSpansOfV1, spansOfV1Json } from "./v1.ts";

type Json = Readonly<Record<string, unknown>>;

/** A span in Zipkin's JSON, of version 2 or 1: only the latter's annotations have endpoints. Throws `ZIPKIN_MALFORMED`. */
export function payloadOfZipkinSpan(span: Json): Payload {
  const body = Buffer.from(JSON.stringify([span]));
  const resourceSpans = isV1(span)
    ? resourceSpansOfV1(spansOfV1Json(body, false), 0)
    : resourceSpansOf(spansOfJson(body), false);
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans }));
}

function isV1({ annotations, binaryAnnotations }: Json): boolean {
  if (binaryAnnotations !== undefined) return true;
  return Array.isArray(annotations) && annotations.some((one: Json | null) => one?.["endpoint"] !== undefined);
}
