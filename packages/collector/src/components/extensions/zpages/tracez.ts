/** `/debug/tracez`: a table of span names, and the examples behind one of its numbers. */
import type { EndedSpan } from "../../../telemetry/tracer.ts";
import { escaped, page, table } from "./pages.ts";
import { LATENCIES, type SpanSamples } from "./span-samples.ts";

/** `zspanname`, `ztype` (1 is by latency, 2 errors) and `zsubtype` (which latency) choose, as they do in the original. */
export function tracez(spans: SpanSamples, query: URLSearchParams): string {
  const name = query.get("zspanname");
  const chosen = name === null ? undefined : spans.get(name);
  if (name === null || chosen === undefined) return page("Trace Spans", summary(spans));
  const latency = Number(query.get("zsubtype") ?? 0);
  const isErrors = query.get("ztype") === "2";
  const kept = isErrors ? chosen.errors : (chosen.latencies[latency] ?? chosen.errors);
  const title = `<h2>${escaped(name)}, ${isErrors ? "errors" : escaped(LATENCIES[latency]?.[1] ?? "")}</h2>`;
  return page("Trace Spans", `${summary(spans)}${title}${examples(kept.samples)}`);
}

function summary(spans: SpanSamples): string {
  const head = ["Span Name", "Running", ...LATENCIES.map(([, label]) => label), "Errors"].map(
    (label) => `<th>${escaped(label)}</th>`,
  );
  const rows = spans.names().map(([name, { errors, latencies, running }]) => {
    const cell = (count: number, query: string): string => {
      const link = `?zspanname=${encodeURIComponent(name)}&amp;${query}`;
      return `<td>${count === 0 ? "0" : `<a href="${link}">${count}</a>`}</td>`;
    };
    const byLatency = latencies.map(({ count }, i) => cell(count, `ztype=1&amp;zsubtype=${i}`)).join("");
    return `<tr><td>${escaped(name)}</td><td>${running}</td>${byLatency}${cell(errors.count, "ztype=2")}</tr>`;
  });
  return `<table><tr>${head.join("")}</tr>${rows.join("")}</table>`;
}

function examples(samples: readonly EndedSpan[]): string {
  const rows = samples.map((span) => [
    new Date(Number(span.startNanos / 1_000_000n)).toISOString(),
    `${Number(span.endNanos - span.startNanos) / 1e6} ms`,
    `trace_id: ${span.traceId.toString("hex")} span_id: ${span.spanId.toString("hex")}${
      span.parentSpanId === undefined ? "" : ` parent_span_id: ${span.parentSpanId.toString("hex")}`
    }`,
    Object.entries(span.attributes)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
    span.events.map(({ attributes, name }) => `${name} ${Object.values(attributes).join(" ")}`).join("; "),
    span.error ?? "",
  ]);
  return table(["When", "Elapsed", "Context", "Attributes", "Events", "Error"], rows);
}
