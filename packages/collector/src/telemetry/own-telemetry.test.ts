import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type Payload,
  type LogsObject,
  type MetricsObject,
  type TracesObject,
} from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock, MemorySink, runCollector, until, type RunningCollector } from "../collector.test-kit.ts";
import { tracesOf } from "../otlp.test-kit.ts";

const RECEIVER = `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0", include_metadata: true } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [clew] }
    metrics: { receivers: [otlp], exporters: [clew] }
    logs: { receivers: [otlp], exporters: [clew] }
`;

function traced(traces: string, exporter = "clew"): string {
  return `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
processors: { resource: { attributes: [{ key: a, value: b, action: insert }] } }
exporters:
  clew:
  otlp_grpc: { endpoint: "127.0.0.1:1", tls: { insecure: true }, retry_on_failure: { enabled: false } }
service:
  telemetry: { metrics: { level: none }, resource: { service.name: traced }, traces: ${traces} }
  pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [${exporter}] } }
`;
}

async function running(yaml: string): Promise<RunningCollector> {
  const one = await runCollector(yaml);
  onTestFinished(() => one.collector.shutdown());
  return one;
}

async function send(to: RunningCollector): Promise<number> {
  const body = new Uint8Array(payloadBytes(tracesOf(["a", "b"])));
  const headers = { "content-type": "application/x-protobuf" };
  return (await fetch(`http://${to.at("http")}/v1/traces`, { method: "POST", headers, body })).status;
}

function spansOf({ payloads }: MemorySink) {
  return payloads.flatMap((payload: Payload) =>
    (decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject).resourceSpans.flatMap(
      ({ resource, scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) =>
          spans.map((span) => ({
            ...span,
            service: textAt(resource?.attributes, "service.name"),
            attributes: plain(span.attributes),
          })),
        ),
    ),
  );
}

type KeyValues = readonly { readonly key: string; readonly value?: object }[];

function plain(attributes: KeyValues): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value ?? {})[0]]));
}

function textAt(attributes: KeyValues | undefined, key: string): unknown {
  return plain(attributes ?? [])[key];
}

test.each(["http/protobuf", "grpc"])(
  "a request is followed from the receiver to its delivery, over %s",
  async (protocol) => {
    const backend = await running(RECEIVER);
    const endpoint = `http://${backend.at(protocol === "grpc" ? "grpc" : "http")}`;
    const own = await running(
      traced(
        `{ processors: [{ simple: { exporter: { otlp: { protocol: ${protocol}, endpoint: "${endpoint}" } } } }] }`,
      ),
    );
    expect(await send(own)).toBe(200);
    await until(() => spansOf(backend.sink).length === 2);
    const received = spansOf(backend.sink).find(({ name }) => name.startsWith("receiver"))!;
    const exported = spansOf(backend.sink).find(({ name }) => name.startsWith("exporter"))!;
    expect(received).toMatchObject({
      name: "receiver/otlp/TraceDataReceived",
      service: "traced",
      kind: 1,
      attributes: { transport: "http", accepted_spans: 2n, refused_spans: 0n, failed_spans: 0n },
    });
    expect(received.events.map(({ name, attributes }) => [name, plain(attributes)])).toEqual([
      ["Start processing.", { processor: "resource" }],
      ["End processing.", { processor: "resource" }],
    ]);
    expect(exported).toMatchObject({
      name: "exporter/clew/traces",
      attributes: { exporter: "clew", data_type: "traces", "items.sent": 2n, "items.failed": 0n },
      parentSpanId: received.spanId,
      traceId: received.traceId,
    });
    expect(received.parentSpanId).toHaveLength(0);
    expect(received.startTimeUnixNano).toBeLessThanOrEqual(exported.startTimeUnixNano);
    expect(received.endTimeUnixNano).toBeGreaterThanOrEqual(exported.endTimeUnixNano);
  },
);

test("spans of what failed say why, through a queue too", async () => {
  const backend = await running(RECEIVER);
  const own = await running(
    traced(`{ processors: [{ simple: { exporter: { otlp: { endpoint: "${backend.at("http")}" } } } }] }`, "otlp_grpc"),
  );
  expect(await send(own)).toBe(503);
  await until(() => spansOf(backend.sink).length === 2);
  const [exported, received] = spansOf(backend.sink);
  expect(exported).toMatchObject({
    name: "exporter/otlp_grpc/traces",
    attributes: { "items.failed": 2n },
    status: { code: 2 },
  });
  expect(exported!.status!.message).toContain("ECONNREFUSED");
  expect(exported!.parentSpanId).toEqual(received!.spanId);
  expect(received).toMatchObject({ attributes: { accepted_spans: 0n, refused_spans: 2n }, status: { code: 2 } });
});

test("spans are batched, with the headers that are given, and sent before the collector ends", async () => {
  const backend = await running(RECEIVER);
  const batch = `{ exporter: { otlp: { endpoint: "http://${backend.at("http")}", headers: [{ name: x-team, value: a }] } } }`;
  const own = await running(traced(`{ processors: [{ batch: ${batch} }] }`));
  for (let i = 0; i < 5; i++) await send(own);
  expect(backend.sink.payloads).toEqual([]);
  await own.collector.shutdown();
  expect(spansOf(backend.sink)).toHaveLength(10);
  expect(backend.sink.payloads).toHaveLength(1);
  expect(backend.sink.payloads[0]!.client?.metadata?.get("x-team")).toEqual(["a"]);
});

test.each(["{ always_off: {} }", "{ parent_based: { root: { trace_id_ratio_based: { ratio: 0 } } } }"])(
  "nothing is sent with the sampler %s",
  async (sampler) => {
    const backend = await running(RECEIVER);
    const batch = `{ exporter: { otlp: { endpoint: "http://${backend.at("http")}" } } }`;
    const own = await running(traced(`{ sampler: ${sampler}, processors: [{ batch: ${batch} }] }`));
    expect(await send(own)).toBe(200);
    await own.collector.shutdown();
    expect(backend.sink.payloads).toEqual([]);
  },
);

test("a backend that is away keeps nothing from being done", async () => {
  const own = await running(
    traced(`{ processors: [{ simple: { exporter: { otlp: { endpoint: "http://127.0.0.1:1" } } } }] }`),
  );
  expect(await send(own)).toBe(200);
  expect(own.sink.payloads).toHaveLength(1);
});

test("metrics are sent as often as wanted, and when the collector ends, under the Collector's names", async () => {
  const backend = await running(RECEIVER);
  const own = await running(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
processors: { batch: { timeout: 10ms } }
exporters: { clew: }
service:
  telemetry:
    resource: { service.name: traced }
    metrics:
      readers: [{ periodic: { interval: 20, exporter: { otlp: { protocol: grpc, endpoint: "${backend.at("grpc")}", insecure: true } } } }]
  pipelines: { traces: { receivers: [otlp], processors: [batch], exporters: [clew] } }
`);
  await until(() => backend.sink.payloads.length > 0);
  expect(await send(own)).toBe(200);
  await own.collector.shutdown();
  const last = decode(
    PROTOCOLS.metrics.request,
    payloadBytes(backend.sink.payloads.at(-1)!),
  ) as unknown as MetricsObject;
  const [{ resource, scopeMetrics }] = last.resourceMetrics as [MetricsObject["resourceMetrics"][number]];
  expect(textAt(resource?.attributes, "service.name")).toBe("traced");
  const metric = (name: string) => scopeMetrics[0]!.metrics.find((one) => one.name === name)!;
  const accepted = metric("otelcol_receiver_accepted_spans").sum!;
  expect(accepted).toMatchObject({ isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 2 }] });
  expect(plain(accepted.dataPoints[0]!.attributes)).toEqual({ receiver: "otlp", transport: "http" });
  expect(accepted.dataPoints[0]!.startTimeUnixNano).toBeLessThan(accepted.dataPoints[0]!.timeUnixNano);
  const [sizes] = metric("otelcol_processor_batch_batch_send_size").histogram!.dataPoints;
  expect(sizes).toMatchObject({ count: 1n, sum: 2 });
  expect(sizes!.bucketCounts).toHaveLength(sizes!.explicitBounds.length + 1);
  expect(sizes!.bucketCounts.reduce((all, one) => all + one, 0n)).toBe(1n);
  expect(metric("otelcol_process_uptime").sum ?? metric("otelcol_process_uptime").gauge).toBeDefined();
});

test("with delta, each push tells what came since the one before", async () => {
  const backend = await running(RECEIVER);
  const clock = new ManualClock();
  const target = `{ protocol: grpc, endpoint: "${backend.at("grpc")}", insecure: true, temporality_preference: delta }`;
  const own = await runCollector(
    `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { readers: [{ periodic: { interval: 60000, exporter: { otlp: ${target} } } }] } }
  pipelines: { traces: { receivers: [otlp], exporters: [clew] } }
`,
    clock,
  );
  const accepted = () =>
    backend.sink.payloads.map((payload) => {
      const { resourceMetrics } = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
      const metrics = resourceMetrics[0]!.scopeMetrics[0]!.metrics;
      return metrics.find(({ name }) => name === "otelcol_receiver_accepted_spans")!.sum!;
    });
  for (let i = 1; i <= 2; i++) {
    await send(own);
    clock.advance(60_000);
    await until(() => backend.sink.payloads.length === i);
  }
  await own.collector.shutdown();
  expect(
    accepted().map(({ aggregationTemporality, dataPoints }) => [aggregationTemporality, dataPoints[0]!.asDouble]),
  ).toEqual([
    [1, 2],
    [1, 2],
    [1, 0],
  ]);
  const [first, second] = accepted().map(({ dataPoints }) => dataPoints[0]!);
  expect(second!.startTimeUnixNano).toBe(first!.timeUnixNano);
});

test("the log is sent too, with what its lines say of themselves", async () => {
  const backend = await running(RECEIVER);
  const processor = `{ batch: { exporter: { otlp: { endpoint: "http://${backend.at("http")}/v1/logs" } } } }`;
  const logs = `logs: { initial_fields: { zone: a }, processors: [${processor}] }`;
  const own = await running(traced("{}").replace("traces: {}", logs));
  await own.collector.shutdown();
  const records = backend.sink.payloads.flatMap((payload) =>
    (decode(PROTOCOLS.logs.request, payloadBytes(payload)) as unknown as LogsObject).resourceLogs.flatMap(
      ({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords),
    ),
  );
  const ready = records.find(
    ({ body }) => Object.values(body ?? {})[0] === "Everything is ready. Begin running and processing data.",
  );
  expect(ready).toMatchObject({ severityNumber: 9, severityText: "info" });
  expect(plain(ready!.attributes)).toEqual({ zone: "a" });
  expect(own.lines.join("\n")).toContain("Everything is ready.");
});

test("what cannot be is told with its place", async () => {
  await expect(runCollector(traced("{ processors: [{ batch: { exporter: {} } }] }"))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    problems: [{ path: "service::telemetry::traces::processors::0::batch::exporter" }],
  });
});
