import {
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { firstHeader } from "./carrier-header.ts";
import { injectableSpanContext, isSampled, remoteSpanContext } from "./remote-span-context.ts";

const HEADER = "x-amzn-trace-id";
// 1-{8 digits of the time}-{24 digits}
const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i;
/** Of the id, so many digits are the time at which the trace began. */
const TIME_DIGITS = 8;

/** Carries the span context in the header `X-Amzn-Trace-Id`, as AWS X-Ray does. */
export class AWSXRayPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = injectableSpanContext(context);
    if (spanContext === undefined) return;
    const { traceId, spanId } = spanContext;
    const root = `1-${traceId.slice(0, TIME_DIGITS)}-${traceId.slice(TIME_DIGITS)}`;
    setter.set(carrier, HEADER, `Root=${root};Parent=${spanId};Sampled=${isSampled(spanContext) ? "1" : "0"}`);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const spanContext = parseXRayHeader(readHeader(carrier, getter));
    if (spanContext === undefined) return context;
    // X-Ray has no trace state of its own: one that an earlier propagator found stays.
    const traceState = trace.getSpanContext(context)?.traceState;
    return trace.setSpanContext(context, { ...spanContext, ...(traceState !== undefined && { traceState }) });
  }

  fields(): string[] {
    return [HEADER];
  }
}

/**
 * Reads `Root=…;Parent=…;Sampled=…` with the parts in any order and unknown ones passed over. A header
 * without a decision (`Sampled` absent or `?`) gives nothing, as in the official propagator.
 */
export function parseXRayHeader(header: string | undefined): SpanContext | undefined {
  const parts = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0) parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const [, time, unique] = ROOT.exec(parts.get("Root") ?? "") ?? [];
  const sampled = parts.get("Sampled");
  if (time === undefined || unique === undefined || (sampled !== "0" && sampled !== "1")) return undefined;
  return remoteSpanContext(time + unique, parts.get("Parent"), sampled === "1");
}

/** AWS services write the name in several cases, and carriers other than HTTP headers keep them. */
function readHeader(carrier: unknown, getter: TextMapGetter): string | undefined {
  const exact = firstHeader(carrier, getter, HEADER);
  if (exact !== undefined) return exact;
  const name = getter.keys(carrier).find((key) => key.toLowerCase() === HEADER);
  return name === undefined ? undefined : firstHeader(carrier, getter, name);
}
