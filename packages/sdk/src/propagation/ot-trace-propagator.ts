import {
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { firstHeader, headersWithPrefix, isHeaderName } from "./carrier-header.ts";
import { injectableSpanContext, isSampled, remoteSpanContext } from "./remote-span-context.ts";

const TRACE_ID = "ot-tracer-traceid";
const SPAN_ID = "ot-tracer-spanid";
const SAMPLED = "ot-tracer-sampled";
const BAGGAGE_PREFIX = "ot-baggage-";
// Anything but the tab, printable ASCII and Latin-1.
const OUTSIDE_HEADER_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const TRACE_ID_PATTERN = /^(?:[0-9a-f]{16}){1,2}$/i;
/** The format's trace ids have 64 bits: the low half of ours. */
const TRACE_ID_DIGITS = 16;

/** Carries the span context and baggage as the basic tracers of OpenTracing did (`ot-tracer-*`, `ot-baggage-*`). */
export class OTTracePropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = injectableSpanContext(context);
    if (spanContext === undefined) return;
    setter.set(carrier, TRACE_ID, spanContext.traceId.slice(-TRACE_ID_DIGITS));
    setter.set(carrier, SPAN_ID, spanContext.spanId);
    setter.set(carrier, SAMPLED, isSampled(spanContext) ? "true" : "false");
    for (const [name, { value }] of propagation.getBaggage(context)?.getAllEntries() ?? []) {
      if (!isHeaderName(name) || OUTSIDE_HEADER_VALUE.test(value)) continue;
      setter.set(carrier, `${BAGGAGE_PREFIX}${name}`, value);
    }
  }

  /** Baggage is believed only beside a span context, as in the official propagator. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const traceId = firstHeader(carrier, getter, TRACE_ID) ?? "";
    if (!TRACE_ID_PATTERN.test(traceId)) return context;
    const sampled = firstHeader(carrier, getter, SAMPLED)?.toLowerCase() ?? "";
    const isKept = sampled === "true" || sampled === "1";
    const spanContext = remoteSpanContext(traceId, firstHeader(carrier, getter, SPAN_ID), isKept);
    if (spanContext === undefined) return context;
    const extracted = trace.setSpanContext(context, spanContext);
    const entries = headersWithPrefix(carrier, getter, BAGGAGE_PREFIX);
    if (entries.length === 0) return extracted;
    let baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
    for (const [name, value] of entries) baggage = baggage.setEntry(name, { value });
    return propagation.setBaggage(extracted, baggage);
  }

  /** Without the baggage headers, whose names depend on the carrier. */
  fields(): string[] {
    return [TRACE_ID, SPAN_ID, SAMPLED];
  }
}
