/**
 * A process that makes spans at a steady rate, as an application does, and watches its own event loop. Arguments: the address of the
 * collector, spans a second. It takes "stop" as a message, ends its SDK, and answers with what it counted.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  startSdk,
} from "../packages/sdk/dist/index.js";

const [url, rateText] = process.argv.slice(2);
const SPANS_PER_SECOND = Number(rateText);
const SLICE_MS = 5;

const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
const env = {
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_TIMEOUT: "3000",
  OTEL_LOGS_EXPORTER: "none",
  OTEL_LOG_LEVEL: "none",
};
const sdk = startSdk({ serviceName: "soak", env, metricReaders: [reader] });
const tracer = trace.getTracer("soak");
// The delay counts from when a timer of 10 ms should have fired.
const delay = monitorEventLoopDelay({ resolution: 10 });
const stop = new AbortController();
let ended = 0;

process.on("message", () => stop.abort());
delay.enable();
const start = performance.now();
while (!stop.signal.aborted) {
  for (const due = ((performance.now() - start) / 1_000) * SPANS_PER_SECOND; ended < due; ended++) makeSpan(ended);
  await sleep(SLICE_MS);
}
delay.disable();
await sdk.forceFlush();
// Once more, for metrics that know what became of the last spans.
await sdk.forceFlush();
const points = metrics
  .getMetrics()
  .at(-1)
  .scopeMetrics.flatMap((scope) => scope.metrics)
  .flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ value, attributes }) => ({
      name: descriptor.name,
      error: attributes["error.type"] ?? "",
      value,
    })),
  );
const sum = (name, matches) =>
  points.filter((point) => point.name === name && matches(point)).reduce((total, { value }) => total + value, 0);
const exported = "otel.sdk.exporter.span.exported";
process.send({
  ended,
  dropped: sum("otel.sdk.processor.span.processed", ({ error }) => error !== ""),
  failed: sum(exported, ({ error }) => error !== ""),
  exported: sum(exported, ({ error }) => error === ""),
  failures: points.filter(({ name, error }) => name === exported && error !== ""),
  loopDelayMs: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
});
await sdk.shutdown();
process.disconnect();

function makeSpan(i) {
  const span = tracer.startSpan("GET /users/:id");
  span.setAttribute("http.request.method", "GET");
  span.setAttribute("url.path", `/users/${i % 1_000}`);
  span.setAttribute("http.response.status_code", 200);
  span.addEvent("db.query.done");
  span.end();
}
