import { type Span, type SpanOptions, SpanStatusCode, type Tracer } from "@opentelemetry/api";

/** Runs `task` in a span that ends with it. What the task throws is recorded, marks the span as failed, and is thrown on. */
export function inSpan<Result>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  task: (span: Span) => Promise<Result>,
): Promise<Result> {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await task(span);
    } catch (thrown) {
      span.recordException(thrown as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (thrown as Error).message });
      throw thrown;
    } finally {
      span.end();
    }
  });
}
