/** What plain JavaScript, without types, may do to the API. None of it may throw, or spoil what others send. */
import { metrics, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "./diagnostics.test-kit.ts";
import { startSdk } from "./index.ts";
import { type Decoded, decode } from "./otlp-schema.test-kit.ts";
import { startHttpServer } from "./otlp-servers.test-kit.ts";
import { unregisterAll } from "./registered-sdk.test-kit.ts";

afterEach(unregisterAll);

const nothing = undefined as never;
const symbol = Symbol("s") as never;
const unreadable = {
  get value(): never {
    throw new Error("do not look");
  },
};

test("wrong types everywhere are survived, and what was right is sent", async () => {
  const diagnostics = collectDiagnostics();
  const server = await startHttpServer();
  const sdk = startSdk({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.url } });

  const tracer = trace.getTracer(nothing, 5 as never);
  const span = tracer.startSpan(7 as never, { attributes: null as never, links: null as never });
  span
    .setAttribute(nothing, 1)
    .setAttribute("f", (() => {}) as never)
    .setAttribute("s", symbol)
    .setAttribute("n", null as never);
  span
    .setAttributes(null as never)
    .addEvent(nothing, "text" as never)
    .setStatus(null as never)
    .setStatus({ code: "X" as never });
  span
    .addLink(null as never)
    .addLink({ context: null as never })
    .recordException(null as never);
  span.end("yesterday" as never);
  const broken = tracer.startSpan("broken link");
  broken.addLink({ context: {} as never }).end();
  tracer.startSpan("fine").end();

  const meter = metrics.getMeter("m");
  meter.createCounter("c", { unit: 3 as never }).add("1" as never);
  meter.createCounter("c", { unit: 3 as never }).add(1, null as never);
  meter.createCounter(nothing).add(1);
  meter.createHistogram("h", null as never).record(null as never, "text" as never);
  meter.createHistogram("h", { advice: { explicitBucketBoundaries: "1" as never } }).record(10n as never);
  meter.createObservableGauge("g").addCallback(null as never);
  meter.addBatchObservableCallback(nothing, nothing);

  const logger = logs.getLogger("l");
  logger.emit({ severityText: 5 as never, eventName: 6 as never, body: symbol, attributes: "text" as never });
  await sdk.shutdown();
  await server.close();

  const bodyOf = (path: string): Uint8Array =>
    server.received.find((request) => request.path === path)?.body ?? new Uint8Array();
  const [{ scope, spans }] = decode("TracesRequest", bodyOf("/v1/traces")).resource_spans[0].scope_spans;
  expect(scope).toEqual({ version: "5" });
  expect(spans.map(({ name }: Decoded) => name)).toEqual(["7", "broken link", "fine"]);
  const [{ scope_metrics }] = decode("MetricsRequest", bodyOf("/v1/metrics")).resource_metrics;
  const own = scope_metrics.find(({ scope: { name } }: Decoded) => name !== "@clew/sdk");
  expect(own.metrics[0].unit).toBe("3");
  const [record] = decode("LogsRequest", bodyOf("/v1/logs")).resource_logs[0].scope_logs[0].log_records;
  expect(record).toMatchObject({ severity_text: "5", event_name: "6" });
  expect(diagnostics.lines.length).toBeGreaterThan(0);
});

test("attributes that throw when they are read do not reach the application", () => {
  const sdk = startSdk({
    env: { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
  });
  expect(() => trace.getTracer("t").startSpan("work").setAttributes(unreadable)).not.toThrow();
  expect(() => trace.getTracer("t").startSpan("work", { attributes: unreadable }).end()).not.toThrow();
  expect(() =>
    trace
      .getTracer("t")
      .startSpan("work")
      .addEvent("e", { nested: unreadable as never }),
  ).not.toThrow();
  expect(() => metrics.getMeter("m").createCounter("c").add(1, unreadable)).not.toThrow();
  expect(() => logs.getLogger("l").emit({ attributes: unreadable, body: unreadable })).not.toThrow();
  return sdk.shutdown();
});
