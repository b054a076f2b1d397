import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { ExportResultCode, type ExportResult } from "@opentelemetry/core";
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { OTLPLogExporter as GrpcLogs } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { concatPayloads, decodeStatus, payloadBytes, PROTOCOLS, SIGNALS, type Signal } from "@clew/otlp";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deferred, runCollector, type RunningCollector } from "../../../collector.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";

const CONFIG = `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "127.0.0.1:0", max_recv_msg_size_mib: 1 }
      http: { endpoint: "127.0.0.1:0", max_request_body_size: 100000, cors: { allowed_origins: ["https://*.example.com"] } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [clew] }
    metrics: { receivers: [otlp], exporters: [clew] }
    logs: { receivers: [otlp], exporters: [clew] }
`;

let running: RunningCollector;
beforeAll(async () => {
  running = await runCollector(CONFIG);
});
beforeEach(() => {
  running.sink.payloads.length = 0;
  running.sink.answer = () => Promise.resolve();
});
afterAll(() => running.collector.shutdown());

const http = (path = "/v1/traces"): string => `http://${running.at("http")}${path}`;
const PROTO = { "content-type": "application/x-protobuf" };
const post = (body: Uint8Array | string, headers: Record<string, string> = PROTO, path?: string): Promise<Response> =>
  fetch(http(path), { method: "POST", body, headers });
const oneSpan = (): Uint8Array => payloadBytes(tracesOf(["a"]));

describe("takes what the official exporters send", () => {
  const done = (send: (callback: (result: ExportResult) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      send(({ code, error }) => (code === ExportResultCode.SUCCESS ? resolve() : reject(error ?? new Error("failed"))));
    });

  test.each([
    ["gRPC", () => new GrpcTraces({ url: `http://${running.at("grpc")}` })],
    ["gRPC, gzip", () => new GrpcTraces({ url: `http://${running.at("grpc")}`, compression: "gzip" as never })],
    ["HTTP/protobuf", () => new ProtoTraces({ url: http() })],
    ["HTTP/protobuf, gzip", () => new ProtoTraces({ url: http(), compression: "gzip" as never })],
    ["HTTP/JSON", () => new JsonTraces({ url: http() })],
  ])("spans over %s", async (_name, make) => {
    const kept = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
    provider.getTracer("t").startSpan("work").end();
    await provider.forceFlush();
    const exporter = make();
    await done((callback) => exporter.export(kept.getFinishedSpans(), callback));
    await exporter.shutdown();
    expect(running.sink.payloads.map(({ signal, counts }) => [signal, counts.items])).toEqual([["traces", 1]]);
  });

  test.each([
    ["gRPC", () => new GrpcLogs({ url: `http://${running.at("grpc")}` })],
    ["HTTP/protobuf", () => new ProtoLogs({ url: http("/v1/logs") })],
    ["HTTP/JSON", () => new JsonLogs({ url: http("/v1/logs") })],
  ])("log records over %s", async (_name, make) => {
    const kept = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: kept })] });
    provider.getLogger("l").emit({ body: "hello" });
    await provider.forceFlush();
    const exporter = make();
    await done((callback) => exporter.export(kept.getFinishedLogRecords(), callback));
    await exporter.shutdown();
    expect(running.sink.payloads.map(({ signal, counts }) => [signal, counts.items])).toEqual([["logs", 1]]);
  });

  test.each([
    ["gRPC", () => new GrpcMetrics({ url: `http://${running.at("grpc")}` })],
    ["HTTP/protobuf", () => new ProtoMetrics({ url: http("/v1/metrics") })],
    ["HTTP/JSON", () => new JsonMetrics({ url: http("/v1/metrics") })],
  ])("data points over %s", async (_name, make) => {
    const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: kept, exportIntervalMillis: 1e8 });
    const provider = new MeterProvider({ readers: [reader] });
    provider.getMeter("m").createCounter("c").add(1);
    await provider.forceFlush();
    const exporter = make();
    for (const metrics of kept.getMetrics()) await done((callback) => exporter.export(metrics, callback));
    await exporter.shutdown();
    await provider.shutdown();
    expect(running.sink.payloads.map(({ signal, counts }) => [signal, counts.items])).toEqual([["metrics", 1]]);
  });
});

describe("over HTTP", () => {
  test("answers success with an empty response in the request's encoding", async () => {
    const proto = await post(oneSpan());
    expect([proto.status, proto.headers.get("content-type"), await proto.text()]).toEqual([
      200,
      PROTO["content-type"],
      "",
    ]);
    const json = await post("{}", { "content-type": "application/json; charset=utf-8" });
    expect([json.status, json.headers.get("content-type"), await json.text()]).toEqual([200, "application/json", "{}"]);
  });

  test("hands the bytes on unchanged, and unknown JSON fields do no harm", async () => {
    const bytes = oneSpan();
    await post(gzipSync(bytes), { ...PROTO, "content-encoding": "gzip" });
    expect(Buffer.from(payloadBytes(concatPayloads(running.sink.payloads)))).toEqual(Buffer.from(bytes));
    const response = await post(
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"x":1}]}]}]}',
      { "content-type": "application/json" },
      "/v1/logs",
    );
    expect([response.status, running.sink.items]).toEqual([200, 2]);
  });

  test("answers a wrong method 405, a wrong type 415 and a wrong path 404, as text", async () => {
    const get = await fetch(http());
    expect([get.status, await get.text()]).toEqual([405, "405 method not allowed, supported: [POST]"]);
    const wrongType = await post("x", { "content-type": "text/csv" });
    expect(wrongType.status).toBe(415);
    expect(await wrongType.text()).toBe(
      "415 unsupported media type, supported: [application/json, application/x-protobuf]",
    );
    expect((await post("x", PROTO, "/v1/nothing")).status).toBe(404);
  });

  test("answers malformed bodies 400 with a Status in the request's encoding", async () => {
    const proto = await post(Buffer.from("garbage that is no protobuf"));
    expect([proto.status, proto.headers.get("content-type")]).toEqual([400, PROTO["content-type"]]);
    expect(decodeStatus(new Uint8Array(await proto.arrayBuffer())).code).toBe(3);
    const json = await post("{nope", { "content-type": "application/json" });
    expect([json.status, ((await json.json()) as { code: number }).code]).toEqual([400, 3]);
    const gzip = await post("not gzip", { ...PROTO, "content-encoding": "gzip" });
    expect(gzip.status).toBe(400);
    expect((await post("x", { ...PROTO, "content-encoding": "br" })).status).toBe(400);
    expect(running.sink.payloads).toEqual([]);
  });

  test("answers a body above the limit 413, announced, streamed or inflated", async () => {
    expect((await post(Buffer.alloc(100_001))).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect((await post(bomb, { ...PROTO, "content-encoding": "gzip" })).status).toBe(413);
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(new Uint8Array(50_000));
        controller.close();
      },
    });
    const streamed = await fetch(http(), {
      method: "POST",
      body: chunks,
      headers: PROTO,
      duplex: "half",
    } as RequestInit);
    expect(streamed.status).toBe(413);
  });

  test("takes nothing of a body that breaks off", async () => {
    const body = oneSpan();
    const { promise: closed, resolve } = deferred();
    const sending = request(http(), { method: "POST", headers: { ...PROTO, "content-length": body.length + 10 } });
    sending.on("error", () => resolve());
    sending.write(body, () => sending.destroy());
    await closed;
    expect((await post(body)).status).toBe(200);
    expect(running.sink.payloads).toHaveLength(1);
  });

  test("answers what may pass 503 with Retry-After, and what will not 500", async () => {
    running.sink.answer = () =>
      Promise.reject(new ConsumeError("T", "full", { permanent: false, retryAfterMs: 1_500 }));
    const busy = await post(oneSpan());
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(decodeStatus(new Uint8Array(await busy.arrayBuffer()))).toEqual({
      code: 14,
      message: "full",
      retryDelayMs: 1_500,
    });
    running.sink.answer = () => Promise.reject(new ConsumeError("T", "never", { permanent: true }));
    const never = await post("{}", { "content-type": "application/json" });
    expect([never.status, await never.json()]).toEqual([500, { code: 13, message: "never" }]);
  });

  test("lets pages of allowed origins send, and no others", async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(http(), { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const allowed = await preflight("https://shop.example.com");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://shop.example.com",
    ]);
    expect((await preflight("https://evil.test")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("over gRPC", () => {
  const Client = makeGenericClientConstructor({}, "raw");
  const identity = (bytes: Buffer): Buffer => bytes;

  /** Calls with raw bytes; resolves with the status, OK included. */
  function call(
    path: string,
    body: Buffer,
    compression = 0,
  ): Promise<Pick<ServiceError, "code" | "details"> & { delay?: string }> {
    const client = new Client(running.at("grpc"), credentials.createInsecure(), {
      "grpc.default_compression_algorithm": compression,
    });
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, identity, identity, body, new Metadata(), (error) => {
        client.close();
        const delay = error?.metadata?.get("grpc-status-details-bin")[0];
        resolve(
          error === null
            ? { code: 0, details: "" }
            : { code: error.code, details: error.details, ...(delay === undefined ? {} : { delay: delay.toString() }) },
        );
      });
    });
  }
  const EXPORT = PROTOCOLS.traces.grpcPath;

  test("serves all three Export methods", async () => {
    const bytes: Record<Signal, Buffer> = {
      traces: Buffer.from(oneSpan()),
      metrics: Buffer.from(payloadBytes(metricsOf([{ name: "m", gauge: { dataPoints: [{ asInt: 1n }] } }]))),
      logs: Buffer.from(payloadBytes(logsOf(["l"]))),
    };
    for (const signal of SIGNALS) expect((await call(PROTOCOLS[signal].grpcPath, bytes[signal], 2)).code).toBe(0);
    expect(running.sink.payloads.map(({ signal }) => signal)).toEqual(SIGNALS);
    expect((await call(EXPORT, Buffer.alloc(0))).code).toBe(0);
  });

  test("answers malformed bytes INTERNAL and unknown methods UNIMPLEMENTED", async () => {
    const malformed = await call(EXPORT, Buffer.from("garbage that is no protobuf"));
    expect(malformed.code).toBe(13);
    expect(malformed.details).toMatch(/^grpc: error unmarshalling request: /);
    expect(await call("/a.B/C", Buffer.alloc(0))).toEqual({ code: 12, details: "unknown service a.B" });
    expect((await call(EXPORT.replace("Export", "Import"), Buffer.alloc(0))).details).toMatch(
      /^unknown method Import for service opentelemetry/,
    );
    expect(running.sink.payloads).toEqual([]);
  });

  test("refuses what is larger than the limit, as sent or as inflated", async () => {
    expect(await call(EXPORT, Buffer.alloc(1_048_577))).toEqual({
      code: 8,
      details: "grpc: received message larger than max (1048577 vs. 1048576)",
    });
    const bomb = await call(EXPORT, Buffer.alloc(50_000_000), 2);
    expect([bomb.code, bomb.details]).toEqual([
      8,
      "grpc: received message after decompression larger than max 1048576",
    ]);
  });

  test("answers what may pass UNAVAILABLE with RetryInfo, and what will not INTERNAL", async () => {
    running.sink.answer = () =>
      Promise.reject(new ConsumeError("T", "voll, später", { permanent: false, retryAfterMs: 2_000 }));
    const busy = await call(EXPORT, Buffer.from(oneSpan()));
    expect([busy.code, busy.details]).toEqual([14, "voll, später"]);
    expect(busy.delay).toContain("google.rpc.RetryInfo");
    running.sink.answer = () => Promise.reject(new ConsumeError("T", "never", { permanent: true }));
    expect((await call(EXPORT, Buffer.from(oneSpan()))).code).toBe(13);
  });

  test("outlives streams that are reset while their request is in hand", async () => {
    const { promise: taken, resolve: take } = deferred();
    const { promise: released, resolve: release } = deferred();
    running.sink.answer = () => {
      take();
      return released;
    };
    const session = connectHttp2(`http://${running.at("grpc")}`);
    const stream = session.request({ ":method": "POST", ":path": EXPORT, "content-type": "application/grpc" });
    stream.on("error", () => {});
    const body = oneSpan();
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]));
    await taken;
    const { promise: closed, resolve: close } = deferred();
    stream.on("close", () => close());
    stream.close(8);
    await closed;
    release();
    session.close();
    expect((await call(EXPORT, Buffer.from(body))).code).toBe(0);
  });

  test("outlives streams that are reset at every point of their request", async () => {
    const session = connectHttp2(`http://${running.at("grpc")}`);
    const body = oneSpan();
    const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]);
    const ends = Array.from({ length: 200 }, (_, i) => {
      const stream = session.request({ ":method": "POST", ":path": EXPORT, "content-type": "application/grpc" });
      const { promise, resolve } = deferred();
      stream.on("error", () => {}).on("close", resolve);
      stream.write(frame.subarray(0, i % (frame.length + 1)));
      if (i % 3 === 0) stream.close(8);
      else setImmediate(() => stream.close(8));
      return promise;
    });
    await Promise.all(ends);
    session.close();
    expect((await call(EXPORT, Buffer.from(body))).code).toBe(0);
  });

  test("outlives a peer that does not speak HTTP/2", async () => {
    const [host = "", port] = running.at("grpc").split(":");
    const { promise: closed, resolve } = deferred();
    const socket = connect(Number(port), host, () => socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    socket.on("error", () => {}).on("close", () => resolve());
    socket.resume();
    await closed;
    expect((await call(EXPORT, Buffer.alloc(0))).code).toBe(0);
  });
});

test("answers what it has in hand before it stops, and takes nothing new", async () => {
  const own = await runCollector(CONFIG);
  const { promise: taken, resolve: take } = deferred();
  const { promise: released, resolve: release } = deferred();
  own.sink.answer = () => {
    take();
    return released;
  };
  const url = `http://${own.at("http")}/v1/traces`;
  const inHand = fetch(url, { method: "POST", body: oneSpan(), headers: PROTO });
  await taken;
  const stopped = own.collector.shutdown();
  await expect(fetch(url, { method: "POST", body: oneSpan(), headers: PROTO })).rejects.toThrow("fetch failed");
  release();
  expect((await inHand).status).toBe(200);
  await stopped;
  expect(own.sink.items).toBe(1);
});

test("names the setting and the holder of a port that is taken, and leaves nothing running", async () => {
  const taken = running.at("grpc");
  const config = CONFIG.replace('grpc: { endpoint: "127.0.0.1:0"', `grpc: { endpoint: "${taken}"`);
  await expect(runCollector(config)).rejects.toThrow(
    new RegExp(
      `^\\[PORT_TAKEN\\] receivers::otlp::protocols::grpc::endpoint: ${taken} is already in use by node.* \\(process ${process.pid}\\)`,
    ),
  );
});
