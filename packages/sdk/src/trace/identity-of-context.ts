import { type Context, type Span, trace } from "@opentelemetry/api";
import { RecordingSpan } from "./recording-span.ts";
import { SpanIdentity } from "./span-identity.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

/** That of the span in `context`, undefined where there is none, or no valid one. */
export function identityOfContext(context: Context): SpanIdentity | undefined {
  const span = trace.getSpan(context);
  return span === undefined ? undefined : identityOf(span);
}

function identityOf(span: Span): SpanIdentity | undefined {
  if (span instanceof RecordingSpan || span instanceof UnsampledSpan) return span.identity;
  return SpanIdentity.of(span.spanContext());
}
