/** Which measurements may become exemplars. Source: metrics SDK specification, "ExemplarFilter". */
import { type Context, ROOT_CONTEXT, trace, TraceFlags } from "@opentelemetry/api";
import { RecordingSpan } from "../trace/recording-span.ts";

export type ExemplarFilter = "trace_based" | "always_on" | "always_off";

/** Whether what is measured in `context` may become an exemplar. */
export type IsEligible = (context: Context) => boolean;

/** `undefined` when nothing is eligible, so that nobody has to ask. */
export function eligibility(filter: ExemplarFilter): IsEligible | undefined {
  if (filter === "always_off") return undefined;
  return filter === "always_on" ? () => true : isInSampledSpan;
}

/** Of our own spans no context is made to tell. */
function isInSampledSpan(context: Context): boolean {
  if (context === ROOT_CONTEXT) return false;
  const span = trace.getSpan(context);
  if (span === undefined) return false;
  if (span instanceof RecordingSpan) return span.identity.isSampled;
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
