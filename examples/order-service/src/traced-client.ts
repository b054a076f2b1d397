/** An HTTP client that makes a span of each request and sends the trace along. */
import { context, propagation, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Telemetry } from "./telemetry.ts";
import { DURATION_BOUNDARIES } from "./traced-server.ts";

/** Gets `url`; resolves to the answer's status, whatever it is. Rejects when there is no answer. */
export type TracedGet = (url: URL) => Promise<number>;

export function createGet({ tracer, meter }: Telemetry): TracedGet {
  const duration = meter.createHistogram("http.client.request.duration", {
    unit: "s",
    description: "Duration of HTTP client requests.",
    advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES] },
  });
  return (url) => {
    const server = { "server.address": url.hostname, "server.port": Number(url.port) };
    const attributes = { "http.request.method": "GET", "url.full": url.href, ...server };
    return tracer.startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const startMs = performance.now();
      try {
        const headers: Record<string, string> = {};
        propagation.inject(context.active(), headers);
        const response = await fetch(url, { headers });
        await response.arrayBuffer();
        span.setAttribute("http.response.status_code", response.status);
        if (response.status >= 400) {
          span.setAttribute("error.type", String(response.status)).setStatus({ code: SpanStatusCode.ERROR });
        }
        const seconds = (performance.now() - startMs) / 1_000;
        const outcome = { "http.request.method": "GET", "http.response.status_code": response.status };
        duration.record(seconds, { ...server, ...outcome });
        return response.status;
      } catch (thrown) {
        span.recordException(thrown as Error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(thrown) });
        throw thrown;
      } finally {
        span.end();
      }
    });
  };
}
