import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { spansOfJson } from "./json-spans.ts";
import { resourceSpansOf } from "./translate.ts";

/** A list of spans in Zipkin's JSON of version 2; undefined where it is empty. Throws `ZIPKIN_MALFORMED`. */
export function payloadOfZipkinJson(body: Buffer): Payload | undefined {
  const resourceSpans = resourceSpansOf(spansOfJson(body), false);
  if (resourceSpans.length === 0) return undefined;
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans }));
}
