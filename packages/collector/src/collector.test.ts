import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { concatPayloads, decode, payloadBytes, PROTOCOLS, type TracesObject } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { ManualClock, runCollector, until, type RunningCollector } from "./collector.test-kit.ts";
import { hasPromtool, promtoolComplaints } from "./promtool.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function run(yaml: string, clock?: ManualClock): Promise<RunningCollector> {
  const running = await runCollector(yaml, clock);
  cleanUps.push(() => running.collector.shutdown());
  return running;
}

/** The configuration of the tutorial that Clew is built after; only hosts, ports and the collector's own port are the test's. */
const tutorial = (jaeger: string): string => `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:0
      http:
        endpoint: 127.0.0.1:0
processors:
  batch:
    timeout: 5s
    send_batch_size: 1024
  memory_limiter:
    check_interval: 1s
    limit_mib: 512
    spike_limit_mib: 128
  resource:
    attributes:
      - action: insert
        key: environment
        value: production
exporters:
  otlp/jaeger:
    endpoint: ${jaeger}
    tls:
      insecure: true
  prometheus:
    endpoint: 127.0.0.1:0
    namespace: myapp
  debug:
    verbosity: basic
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] } }
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch, resource]
      exporters: [otlp/jaeger, debug]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [prometheus, debug]
    logs:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [debug]
`;

const JAEGER = `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service: { telemetry: { metrics: { level: none } }, pipelines: { traces: { receivers: [otlp], exporters: [clew] } } }
`;

/** Sends one span, one data point and one log record with the official SDK; resolves when all were acknowledged. */
async function sendAll(endpoint: string): Promise<void> {
  const url = `http://${endpoint}`;
  const resource = resourceFromAttributes({ "service.name": "order-service" });
  const kept = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(kept)] });
  tracing.getTracer("t").startSpan("place order").end();
  await tracing.forceFlush();
  const spans = new OTLPTraceExporter({ url });
  const sentSpans = new Promise<void>((resolve, reject) => {
    spans.export(kept.getFinishedSpans(), ({ code, error }) =>
      code === ExportResultCode.SUCCESS ? resolve() : reject(error),
    );
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: 1e8,
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  meters.getMeter("m").createCounter("orders.created", { description: "Orders." }).add(2);
  const logging = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url }) })],
  });
  logging.getLogger("l").emit({ body: "order placed" });
  await Promise.all([sentSpans, meters.forceFlush(), logging.forceFlush()]);
  await Promise.all([spans.shutdown(), meters.shutdown(), logging.shutdown()]);
}

test("runs the tutorial's configuration: spans to Jaeger, metrics to Prometheus, lines for all", async () => {
  const jaeger = await run(JAEGER);
  const clock = new ManualClock();
  const running = await run(tutorial(jaeger.at("grpc")), clock);
  const ticking = setInterval(() => clock.advance(500), 10); // The batches' five seconds pass quickly.
  cleanUps.push(() => clearInterval(ticking));
  await sendAll(running.at("grpc"));

  const { resourceSpans } = decode(
    PROTOCOLS.traces.request,
    payloadBytes(concatPayloads(jaeger.sink.payloads)),
  ) as unknown as TracesObject;
  expect(resourceSpans[0]?.scopeSpans[0]?.spans[0]?.name).toBe("place order");
  const attributes = resourceSpans[0]?.resource?.attributes.map(({ key, value }) => [key, value?.stringValue]);
  expect(attributes).toContainEqual(["environment", "production"]);

  const scraped = await (await fetch(`http://${running.at("exporters::prometheus")}/metrics`)).text();
  expect(scraped).toMatch(/^myapp_orders_created_total\{job="order-service",.*\} 2$/m);
  const shown = running.lines.map((line) => /^info\t(Traces|Metrics|Logs)\t/.exec(line)?.[1]);
  expect(shown).toEqual(expect.arrayContaining(["Traces", "Metrics", "Logs"]));
  expect(running.lines.join("\n")).toContain('"otlp" alias is deprecated; use "otlp_grpc" instead');

  const own = await (await fetch(`http://${running.at("telemetry")}/metrics`)).text();
  for (const line of [
    'otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 1',
    'otelcol_receiver_accepted_log_records{receiver="otlp",transport="grpc"} 1',
    'otelcol_exporter_sent_spans{exporter="otlp/jaeger"} 1',
    'otelcol_exporter_sent_log_records{exporter="debug"} 1',
    'otelcol_exporter_queue_capacity{data_type="traces",exporter="otlp/jaeger"} 1000',
    'otelcol_processor_incoming_items{processor="batch",otel_signal="traces"} 1',
    'otelcol_processor_batch_timeout_trigger_send{processor="batch"}',
    'otelcol_processor_memory_limiter_accepted_spans{processor="memory_limiter"} 1',
  ]) {
    expect(own).toContain(line);
  }
});

test.skipIf(!hasPromtool)(
  "shows its own metrics so that promtool has nothing to complain of, if asked to (needs promtool)",
  async () => {
    const names = "without_type_suffix: false, without_units: false";
    const running = await run(tutorial("127.0.0.1:1").replace("port: 0 } }", `port: 0, ${names} } }`));
    expect(promtoolComplaints(await (await fetch(`http://${running.at("telemetry")}/metrics`)).text())).toBe("");
  },
);

test("feeds every pipeline of a receiver and every exporter of a pipeline, and counts once", async () => {
  const running = await run(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: , nop: }
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] } }
  pipelines:
    logs: { receivers: [otlp], exporters: [clew, nop] }
    logs/second: { receivers: [otlp], exporters: [clew] }
`);
  const body = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}';
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${running.at("http")}/v1/logs`, { method: "POST", body, headers });
  expect([response.status, running.sink.items]).toEqual([200, 2]);
  const own = await (await fetch(`http://${running.at("telemetry")}/metrics`)).text();
  expect(own).toContain('otelcol_receiver_accepted_log_records{receiver="otlp",transport="http"} 1');
  expect(own).toContain('otelcol_exporter_sent_log_records{exporter="clew"} 2');
});

test("delivers what its batches hold when it stops, and answers those who wait", async () => {
  const clock = new ManualClock();
  const running = await run(
    `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
processors: { batch: { timeout: 1h } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], processors: [batch], exporters: [clew] } }
`,
    clock,
  );
  const body = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}';
  const url = `http://${running.at("http")}/v1/logs`;
  const { pending } = clock;
  const waiting = fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
  await until(() => clock.pending > pending); // The batch's timer runs: it has the record.
  await running.collector.shutdown();
  expect([(await waiting).status, running.sink.items]).toEqual([200, 1]);
});

test("stops at once although its exporter waits to try again, and tells the sender to come back", async () => {
  const clock = new ManualClock();
  const running = await run(
    `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:1" } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [otlp_http] } }
`,
    clock,
  );
  const headers = { "content-type": "application/json" };
  const waiting = fetch(`http://${running.at("http")}/v1/logs`, {
    method: "POST",
    body: '{"resourceLogs":[{}]}',
    headers,
  });
  await until(() => running.lines.some((line) => line.includes("Will retry")));
  await running.collector.shutdown();
  expect((await waiting).status).toBe(503);
});

test("refuses requests unread while memory is short, and says when to come back", async () => {
  const running = await run(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" }, grpc: { endpoint: "127.0.0.1:0" } } } }
processors: { memory_limiter: { check_interval: 1s, limit_mib: 1 } }
exporters: { clew: }
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] } }
  pipelines: { logs: { receivers: [otlp], processors: [memory_limiter], exporters: [clew] } }
`);
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${running.at("http")}/v1/logs`, {
    method: "POST",
    body: "not even JSON",
    headers,
  });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await response.json()).toMatchObject({ code: 14, message: "data refused due to high memory usage" });
  const own = await (await fetch(`http://${running.at("telemetry")}/metrics`)).text();
  expect(own).toContain('otelcol_receiver_requests{receiver="otlp",transport="http",outcome="refused"} 1');
});

test("stops what it had started when something cannot start", async () => {
  const first = await run(JAEGER);
  const taken = first.at("grpc");
  const second = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } }
  otlp/2: { protocols: { grpc: { endpoint: "${taken}" } } }
exporters: { prometheus: { endpoint: "127.0.0.1:0" } }
service: { telemetry: { metrics: { level: none } }, pipelines: { metrics: { receivers: [otlp, otlp/2], exporters: [prometheus] } } }
`;
  await expect(run(second)).rejects.toMatchObject({
    code: "PORT_TAKEN",
    path: "receivers::otlp/2::protocols::grpc::endpoint",
  });
});

test("ignores the old metrics address, with a warning, and shows nothing at level none", async () => {
  const running = await run(JAEGER.replace("level: none", "level: none, address: 0.0.0.0:1"));
  expect(Object.keys(running.collector.addresses)).toEqual(["receivers::otlp::protocols::grpc::endpoint"]);
  expect(running.lines.join()).toContain("service::telemetry::metrics::address is being ignored");
});

test("keeps its log to the level that is configured", async () => {
  const running = await run(
    JAEGER.replace("{ metrics: { level: none } }", "{ metrics: { level: none }, logs: { level: error } }"),
  );
  await running.collector.shutdown();
  expect(running.lines).toEqual([]);
});

test("warns of environment variables that are not set", async () => {
  const running = await run(JAEGER.replace("clew:", 'clew: "${env:NOT_SET_ANYWHERE}"'));
  expect(running.lines).toContain(
    'warn\tConfiguration references unset environment variable\t{"name": "NOT_SET_ANYWHERE"}',
  );
});

test.each([
  ["a mapping", "{ service.name: gateway, team: shop }"],
  [
    "a list of names and values",
    "{ attributes: [{ name: service.name, value: gateway }, { name: team, value: shop }] }",
  ],
])("takes what it is itself as %s", async (_name, resource) => {
  const running = await runCollector(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { nop: }
service:
  telemetry:
    resource: ${resource}
    metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] }
  pipelines: { traces: { receivers: [otlp], exporters: [nop] } }
`);
  const page = await (await fetch(`http://${running.at("telemetry")}/metrics`)).text();
  await running.collector.shutdown();
  expect(page).toContain('target_info{service_name="gateway",team="shop"} 1');
});
