import { Server, ServerCredentials, status as grpcStatus } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  BatchSpanProcessor,
  type ExportResult,
  type OTLPExporterConfig,
  OTLPTraceExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "../index.ts";
import { decode, encode } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  unregisterAll();
  for (const close of closers.splice(0)) await close();
});

function closedLater(server: OtlpServer): OtlpServer {
  closers.push(() => server.close());
  return server;
}

/** Sends one span named "work" and resolves to what the SDK reported. */
async function sendSpan(config: OTLPExporterConfig): Promise<string[]> {
  const diagnostics = collectDiagnostics();
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ env: {}, ...config }), { env: {} });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  provider.getTracer("t").startSpan("work").end();
  await provider.forceFlush();
  await provider.shutdown();
  return diagnostics.lines;
}

function spanNames(body: Uint8Array | undefined): string[] {
  const [{ scope_spans }] = decode("TracesRequest", body ?? new Uint8Array()).resource_spans;
  return scope_spans[0].spans.map((span: { name: string }) => span.name);
}

const PARTIAL = encode("ExportResponse", { partial_success: { rejected: 3, error_message: "too old" } });

test("HTTP: posts protobuf with the headers given", async () => {
  const server = closedLater(await startHttpServer());
  expect(await sendSpan({ url: `${server.url}/custom/path`, headers: { Authorization: "Bearer x" } })).toEqual([]);
  expect(server.received[0]).toMatchObject({
    path: "/custom/path",
    headers: { "content-type": "application/x-protobuf", authorization: "Bearer x" },
  });
  expect(spanNames(server.received[0]?.body)).toEqual(["work"]);
});

test.each(["http/protobuf", "grpc"] as const)(
  "%s: headers from a function are asked for anew at every request",
  async (protocol) => {
    const answer = (index: number): object =>
      index > 0 ? {} : protocol === "grpc" ? { status: 14 } : { status: 503, headers: { "retry-after": "0" } };
    const server = closedLater(await (protocol === "grpc" ? startGrpcServer(answer) : startHttpServer(answer)));
    let count = 0;
    const headers = (): Promise<Record<string, string>> => Promise.resolve({ Authorization: `Bearer ${++count}` });
    const env = { OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=shop" };
    expect(await sendSpan({ url: server.url, protocol, headers, env })).toEqual([]);
    expect(server.received.map((request) => [request.headers.authorization, request.headers["x-tenant"]])).toEqual([
      ["Bearer 1", "shop"],
      ["Bearer 2", "shop"],
    ]);
  },
);

test.each<[string, NonNullable<OTLPExporterConfig["headers"]>, string]>([
  [
    "throws",
    () => {
      throw new Error("no token");
    },
    "no token",
  ],
  ["rejects", () => Promise.reject(new Error("no token")), "no token"],
  ["never ends", () => new Promise(() => {}), "the function gave none within"],
])("an export fails where the function for its headers %s, and nothing is sent", async (_how, headers, reason) => {
  const server = closedLater(await startHttpServer());
  expect(await sendSpan({ url: server.url, headers, timeoutMillis: 50 })).toEqual([
    expect.stringMatching(`^error export of 1 spans failed: .*the headers could not be had: ${reason}`),
  ]);
  expect(server.received).toEqual([]);
});

test.each(["http/protobuf", "grpc"] as const)("%s: compresses when asked to", async (protocol) => {
  const server = closedLater(await (protocol === "grpc" ? startGrpcServer() : startHttpServer()));
  expect(await sendSpan({ url: server.url, protocol, compression: "gzip" })).toEqual([]);
  const request = server.received[0];
  expect(request?.headers[protocol === "grpc" ? "grpc-encoding" : "content-encoding"]).toBe("gzip");
  expect(spanNames(request?.body)).toEqual(["work"]);
});

test.each([429, 502, 503, 504])("HTTP: retries after %d, as soon as Retry-After allows", async (status) => {
  const answer = (index: number): object => (index === 0 ? { status, headers: { "retry-after": "0" } } : {});
  const server = closedLater(await startHttpServer(answer));
  expect(await sendSpan({ url: server.url })).toEqual([]);
  expect(server.received.map(({ body }) => spanNames(body))).toEqual([["work"], ["work"]]);
});

test("HTTP: does not retry a 400, and reports the server's words", async () => {
  const body = encode("RpcStatus", { code: 3, message: "bad span" });
  const server = closedLater(await startHttpServer(() => ({ status: 400, body })));
  expect(await sendSpan({ url: server.url })).toEqual([
    `error export of 1 spans failed: ${server.url}/: HTTP 400: bad span`,
  ]);
  expect(server.received).toHaveLength(1);
});

test.each(["http/protobuf", "grpc"] as const)("%s: one connection serves many exports", async (protocol) => {
  const server = closedLater(await (protocol === "grpc" ? startGrpcServer() : startHttpServer()));
  const exporter = new OTLPTraceExporter({ url: server.url, protocol, env: {} });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  for (let i = 0; i < 3; i++) {
    provider.getTracer("t").startSpan("work").end();
    await provider.forceFlush();
  }
  await provider.shutdown();
  expect(server.received).toHaveLength(3);
  expect(server.connectionCount()).toBe(1);
});

test.each(["http/protobuf", "grpc"] as const)("%s: reports a partial success", async (protocol) => {
  const answer = () => ({ body: PARTIAL });
  const server = closedLater(await (protocol === "grpc" ? startGrpcServer(answer) : startHttpServer(answer)));
  expect(await sendSpan({ url: server.url, protocol })).toEqual([`warn ${server.url}/ rejected 3 spans: too old`]);
});

test.each(["http/protobuf", "grpc"] as const)(
  "%s: a place where nobody listens is reported, not thrown",
  async (protocol) => {
    const server = await (protocol === "grpc" ? startGrpcServer() : startHttpServer());
    await server.close();
    const lines = await sendSpan({ url: server.url, protocol, timeoutMillis: 200 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error export of 1 spans failed: .*ECONNREFUSED/);
  },
);

test("an answer that does not come in time is given up", async () => {
  const server = closedLater(await startHttpServer(() => new Promise(() => {})));
  const lines = await sendSpan({ url: server.url, timeoutMillis: 50 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^error export of 1 spans failed: .*: no answer within \d+ ms$/);
});

test("gRPC: calls the service's method with a deadline and the metadata given", async () => {
  const server = closedLater(await startGrpcServer());
  expect(await sendSpan({ url: server.url, protocol: "grpc", headers: { "api-key": "x" } })).toEqual([]);
  expect(server.received[0]).toMatchObject({
    path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    headers: { "content-type": "application/grpc", te: "trailers", "api-key": "x" },
  });
  expect(server.received[0]?.headers["grpc-timeout"]).toMatch(/^(10000|9\d{3})m$/);
  expect(spanNames(server.received[0]?.body)).toEqual(["work"]);
});

test("gRPC: RESOURCE_EXHAUSTED is retried only when the server says when", async () => {
  const details = encode("RpcStatusWithDetails", {
    code: 8,
    details: [
      {
        type_url: "type.googleapis.com/google.rpc.RetryInfo",
        value: encode("RetryInfo", { retry_delay: { nanos: 1_000_000 } }),
      },
    ],
  });
  const trailers = { "grpc-status-details-bin": Buffer.from(details).toString("base64") };
  const patient = closedLater(await startGrpcServer((index) => (index === 0 ? { status: 8, trailers } : {})));
  expect(await sendSpan({ url: patient.url, protocol: "grpc" })).toEqual([]);
  expect(patient.received).toHaveLength(2);
  const full = closedLater(await startGrpcServer(() => ({ status: 8, message: "over%20quota" })));
  expect(await sendSpan({ url: full.url, protocol: "grpc" })).toEqual([
    `error export of 1 spans failed: ${full.url}/: gRPC status 8: over quota`,
  ]);
  expect(full.received).toHaveLength(1);
});

test("gRPC: connects again after the server went away", async () => {
  const first = await startGrpcServer();
  const exporter = new OTLPTraceExporter({ url: first.url, protocol: "grpc", env: {} });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  const send = async (name: string): Promise<void> => {
    provider.getTracer("t").startSpan(name).end();
    await provider.forceFlush();
  };
  await send("before");
  await first.close();
  const second = closedLater(await startGrpcServer(undefined, Number(new URL(first.url).port)));
  await send("after");
  await provider.shutdown();
  expect(spanNames(second.received[0]?.body)).toEqual(["after"]);
});

test("gRPC: a server built on @grpc/grpc-js takes spans, and its errors are understood", async () => {
  const received: Buffer[] = [];
  const raw = (value: Buffer): Buffer => value;
  const service = {
    Export: {
      path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    },
  };
  const server = new Server();
  server.addService(service, {
    Export(call: { request: Buffer }, respond: (error: object | null, body?: Buffer) => void) {
      received.push(call.request);
      if (received.length === 1) respond(null, Buffer.from(PARTIAL));
      else respond({ code: grpcStatus.PERMISSION_DENIED, details: "no entry" });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  closers.push(async () => server.forceShutdown());
  const url = `http://127.0.0.1:${port}`;
  expect(await sendSpan({ url, protocol: "grpc" })).toEqual([`warn ${url}/ rejected 3 spans: too old`]);
  expect(await sendSpan({ url, protocol: "grpc" })).toEqual([
    `error export of 1 spans failed: ${url}/: gRPC status 7: no entry`,
  ]);
  expect(spanNames(received[0])).toEqual(["work"]);
});

test("an exporter that is shut down fails an export instead of sending it", async () => {
  const server = closedLater(await startHttpServer());
  const exporter = new OTLPTraceExporter({ url: server.url, env: {} });
  await exporter.shutdown();
  const span = new TracerProvider().getTracer("t").startSpan("work");
  span.end();
  const result = await new Promise<ExportResult>((resolve) =>
    exporter.export([span as unknown as ReadableSpan], resolve),
  );
  expect(result.error?.message).toBe("the exporter is shut down");
  expect(server.received).toEqual([]);
});
